import { SnipError } from '../../contract/failure.ts'
import type { AppInfo } from '../../contract/workbench/app.ts'
import type { Grant } from '../../contract/workbench/files.ts'
import { formatBytes } from '../components/numbers.ts'
import type { Rpc } from '../rpc/rpc.ts'

/** Sends a file of this computer to the workbench. Throws `bad-file` when the door takes none, or none of that size. */
export async function uploadFile(
  upload: Rpc['upload'],
  info: Pick<AppInfo, 'uploadPath' | 'uploadLimit'> | undefined,
  file: File,
  onProgress?: (sent: number, total: number) => void,
): Promise<Grant> {
  if (!info || info.uploadPath === null || !upload) {
    throw new SnipError('bad-file', 'This door takes no uploads.', { remedy: 'Choose the file by its path.' })
  }
  if (info.uploadLimit !== null && file.size > info.uploadLimit) {
    throw new SnipError(
      'bad-file',
      `${file.name} has ${formatBytes(file.size)}, and uploads end at ${formatBytes(info.uploadLimit)}.`,
      { remedy: 'Put the file on the machine that runs the workbench, and choose it by its path.' },
    )
  }
  return await upload(file, info.uploadPath, onProgress ? { onProgress } : {})
}
