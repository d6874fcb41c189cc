import { createContext, use } from 'react'
import type { Grant, Purpose } from '../../contract/workbench/files.ts'

/** Asks the person for a file or a folder; null when they think better of it. */
export type PickFile = (purpose: Purpose) => Promise<Grant | null>

export const PickFileContext = createContext<PickFile>(async () => null)

/**
 * `const pickFile = usePickFile()`, then `const grant = await pickFile('data')`. The native dialog in the desktop door; in
 * the browser door a window that browses folders, takes a path, and uploads data files.
 */
export function usePickFile(): PickFile {
  return use(PickFileContext)
}
