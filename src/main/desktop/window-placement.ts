import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Rectangle } from 'electron'
import { z } from 'zod'
import { smallestWindow } from './window-options.ts'

const whole = z.number().int().min(-100_000).max(100_000)
const placementSchema = z.object({
  bounds: z.object({ x: whole, y: whole, width: whole.positive(), height: whole.positive() }),
  maximized: z.boolean(),
})
/** Where the window was, in device-independent pixels. */
export type Placement = z.infer<typeof placementSchema>

/** The placement that was kept; null when there is none or the file is damaged. */
export function readPlacement(file: string): Placement | null {
  try {
    return placementSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}

/** Keeps a placement: written aside, so that it is there whole or as it was. A disk that refuses costs nothing more. */
export function keepPlacement(file: string, placement: Placement): void {
  const aside = `${file}.partial`
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(aside, `${JSON.stringify(placement)}\n`)
    renameSync(aside, file)
  } catch {
    // The window then opens where it did the last time.
  }
}

/**
 * Bounds that a person can see and reach: of the size kept, no larger than the display they lie on, moved into it whole. Displays
 * are work areas, the main one first. Without a placement the window is centred and leaves some of the display free.
 */
export function visibleBounds(kept: Rectangle | null, displays: readonly Rectangle[]): Rectangle {
  const main = displays[0] ?? { x: 0, y: 0, width: 1280, height: 800 }
  if (kept === null) {
    const width = Math.min(1440, Math.round(main.width * 0.9))
    const height = Math.min(900, Math.round(main.height * 0.9))
    return {
      x: main.x + Math.round((main.width - width) / 2),
      y: main.y + Math.round((main.height - height) / 2),
      width,
      height,
    }
  }
  const display = [...displays].sort((a, b) => overlap(kept, b) - overlap(kept, a))[0] ?? main
  const width = Math.min(Math.max(kept.width, smallestWindow.width), display.width)
  const height = Math.min(Math.max(kept.height, smallestWindow.height), display.height)
  return {
    x: Math.min(Math.max(kept.x, display.x), display.x + display.width - width),
    y: Math.min(Math.max(kept.y, display.y), display.y + display.height - height),
    width,
    height,
  }
}

/** Area that two rectangles share. */
function overlap(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x)
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y)
  return Math.max(0, width) * Math.max(0, height)
}
