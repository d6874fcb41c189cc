import { join } from 'node:path'

/** Where the parts of the program lie. */
export interface ProgramPlaces {
  readonly preload: string
  readonly renderer: string
  readonly windowPlacement: string
  readonly icon: string
  /** Read by plain Node, which cannot look into an archive. */
  readonly hostFile: string
  readonly resources: string
}

/** Places below the application's folder, which in a package is an archive with an unpacked twin beside it. */
export function programPlaces(appPath: string, dataFolder: string): ProgramPlaces {
  const unpacked = appPath.replace(/\.asar$/, '.asar.unpacked')
  return {
    preload: join(appPath, 'out', 'preload', 'index.cjs'),
    renderer: join(appPath, 'out', 'renderer'),
    icon: join(appPath, 'resources', 'desktop', 'icon.png'),
    hostFile: join(unpacked, 'out', 'main', 'engine-host.js'),
    resources: join(unpacked, 'resources'),
    windowPlacement: join(dataFolder, 'window.json'),
  }
}
