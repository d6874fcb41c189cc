import { isAbsolute, join, relative, resolve, sep, win32 } from 'node:path'
import { z } from 'zod'

/**
 * A path below a folder: from there on, with forward slashes, and nowhere else. A workspace may come from anybody, so what it
 * says of its own files is checked like any other input.
 */
export const insidePathSchema = z
  .string()
  .min(1)
  .max(4096)
  .refine((path) => path.split('/').every(isPlainPart), { error: 'leads out of its folder' })

/** Absolute on this system or another one: a workspace may be carried from one to the other. */
export function isAbsoluteAnywhere(path: string): boolean {
  return isAbsolute(path) || win32.isAbsolute(path)
}

function isPlainPart(part: string): boolean {
  if (part === '' || part === '.' || part === '..' || part.includes('\0')) return false
  return process.platform !== 'win32' || !/[\\:]/.test(part)
}

/**
 * Where a file of the user's lies. What belongs to the program or to the workspace is kept from there on, so that it is
 * found wherever these are moved.
 */
export const placeSchema = z.discriminatedUnion('base', [
  z.object({
    base: z.literal('absolute'),
    /** As the system writes it. */
    path: z
      .string()
      .max(4096)
      .refine((path) => isAbsoluteAnywhere(path) && !path.includes('\0'), { error: 'is no absolute path' }),
  }),
  z.object({ base: z.enum(['resources', 'workspace']), path: insidePathSchema }),
])
export type Place = z.infer<typeof placeSchema>

/** Folders that places count from. */
export interface PlaceBases {
  readonly resources: string
  readonly workspace: string
}

/** The absolute path of a place. */
export function pathOfPlace({ base, path }: Place, bases: PlaceBases): string {
  return base === 'absolute' ? path : join(bases[base], ...path.split('/'))
}

/** An absolute path as a place. */
export function placeOf(path: string, bases: PlaceBases): Place {
  for (const base of ['workspace', 'resources'] as const) {
    const inside = relative(bases[base], path)
    if (inside !== '' && !isAbsolute(inside) && inside.split(sep)[0] !== '..') {
      return { base, path: inside.split(sep).join('/') }
    }
  }
  return { base: 'absolute', path: resolve(path) }
}
