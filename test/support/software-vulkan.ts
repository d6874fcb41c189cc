import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { chromiumFile } from './chromium.ts'

/** Where Debian's package `chromium` has the Vulkan loader and SwiftShader, a Vulkan that runs on the processor. */
const folders = [dirname(existsSync(chromiumFile) ? realpathSync(chromiumFile) : chromiumFile), '/usr/lib/chromium']
const needed = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json']

/**
 * Variables under which a process finds SwiftShader as its only Vulkan device, so that WebGPU starts on a machine without a graphics card. They must
 * be set when it is started: the loader reads them then.
 */
export function softwareVulkan(): Record<string, string> {
  const folder = folders.find((each) => needed.every((name) => existsSync(join(each, name))))
  if (folder === undefined) {
    throw new Error(
      `None of ${folders.join(', ')} holds ${needed.join(', ')}: install Debian's package chromium (its chromium-common holds them), or set SNIP_CHROMIUM to a Chromium that brings them`,
    )
  }
  return {
    LD_LIBRARY_PATH: folder,
    VK_ICD_FILENAMES: join(folder, needed[2]!),
    VK_DRIVER_FILES: join(folder, needed[2]!),
  }
}
