import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { moveAllIntoPlace, moveIntoPlace } from '../../../src/main/files/move-into-place.ts'
import { writeNewAside } from '../../../src/main/files/write-aside.ts'
import { failureOf, scratchFolder } from '../services/scratch.ts'

describe('moving a finished file into place', () => {
  test('leaves one file under the new name', () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'aside'), 'new')
    moveIntoPlace(join(folder, 'aside'), join(folder, 'here'))
    expect(readdirSync(folder)).toEqual(['here'])
    expect(readFileSync(join(folder, 'here'), 'utf8')).toBe('new')
  })

  test('never overwrites a file, nor a link to nothing', () => {
    const folder = scratchFolder()
    writeFileSync(join(folder, 'aside'), 'new')
    writeFileSync(join(folder, 'here'), 'old')
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'))
    for (const name of ['here', 'link']) {
      expect(failureOf(() => moveIntoPlace(join(folder, 'aside'), join(folder, name))).kind).toBe('exists')
    }
    expect(readFileSync(join(folder, 'here'), 'utf8')).toBe('old')
    expect(existsSync(join(folder, 'aside'))).toBe(true)
    expect(failureOf(() => writeNewAside(join(folder, 'here'), ['newer'])).kind).toBe('exists')
    expect(readdirSync(folder).toSorted()).toEqual(['aside', 'here', 'link'])
  })

  test('moves all or none', () => {
    const folder = scratchFolder()
    for (const name of ['a', 'b', 'taken']) writeFileSync(join(folder, name), name)
    const moves = [
      { from: join(folder, 'a'), to: join(folder, 'x') },
      { from: join(folder, 'b'), to: join(folder, 'taken') },
    ]
    expect(failureOf(() => moveAllIntoPlace(moves)).kind).toBe('exists')
    expect(existsSync(join(folder, 'x'))).toBe(false)
    expect(readFileSync(join(folder, 'taken'), 'utf8')).toBe('taken')
  })
})
