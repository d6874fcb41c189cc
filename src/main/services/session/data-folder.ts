import { join } from 'node:path'

/** The user's folder for what this program keeps: SNIP_DATA_HOME, or below XDG_DATA_HOME, or the system's usual place. */
export function dataFolderOf(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
  platform: NodeJS.Platform = process.platform,
): string {
  const given = (name: string) => {
    const value = environment[name]
    return value === undefined || value === '' ? null : value
  }
  const own = given('SNIP_DATA_HOME')
  if (own !== null) return own
  const base =
    given('XDG_DATA_HOME') ??
    (platform === 'win32'
      ? (given('APPDATA') ?? join(home, 'AppData', 'Roaming'))
      : platform === 'darwin'
        ? join(home, 'Library', 'Application Support')
        : join(home, '.local', 'share'))
  return join(base, 'snip-workbench')
}
