/** Folder of the answers that belong to a file, raw as they came: nothing in it is asked for again. */
export function requestFolderOf(out: string): string {
  return `${out}.requests`
}
