import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { UnitLog } from '../../../src/main/services/jobs/unit-log.ts'
import { failureOf, scratchFolder } from './scratch.ts'

const folder = scratchFolder()
const unitSchema = z.object({ unit: z.number(), text: z.string() })
const check = (json: unknown) => void unitSchema.parse(json)
const unit = (n: number) => ({ unit: n, text: 'ä'.repeat(n) })

describe('a log of units', () => {
  it('gives back what was appended, and hands each unit to the system at once', () => {
    const path = join(folder, 'a.jsonl')
    const log = UnitLog.open(path, { check })
    log.append(unit(1))
    expect(readFileSync(path, 'utf8')).toBe('{"unit":1,"text":"ä"}\n')
    log.append(unit(2))
    log.close()
    const again = UnitLog.open(path, { check })
    expect(again.units).toEqual([unit(1), unit(2)])
    again.close()
  })

  it('cut at any byte keeps the whole lines before and ends byte-equal once the rest is done', () => {
    const path = join(folder, 'b.jsonl')
    const units = [unit(0), unit(3), unit(1), unit(2)]
    const header = { job: 'test' }
    const whole = UnitLog.open(path, { check, header })
    units.forEach((one) => whole.append(one))
    whole.close()
    const bytes = readFileSync(path)
    for (let cut = 0; cut <= bytes.length; cut++) {
      writeFileSync(path, bytes.subarray(0, cut))
      const log = UnitLog.open(path, { check, header })
      const finished = log.units.length
      const lines = bytes.subarray(0, cut).toString('latin1').split('\n').length - 1
      expect(finished).toBe(Math.max(0, lines - 1))
      units.slice(finished).forEach((one) => log.append(one))
      log.close()
      expect(readFileSync(path).equals(bytes)).toBe(true)
    }
  })

  it('syncs the disk every 64 units and at the end', () => {
    let syncs = 0
    const log = UnitLog.open(join(folder, 'c.jsonl'), { check, sync: () => void syncs++ })
    for (let n = 0; n < 130; n++) log.append(unit(0))
    expect(syncs).toBe(2)
    log.close()
    expect(syncs).toBe(3)
  })

  it('refuses the log of another job and a damaged one, by line', () => {
    const path = join(folder, 'd.jsonl')
    UnitLog.open(path, { check, header: { job: 1 } }).close()
    expect(failureOf(() => UnitLog.open(path, { check, header: { job: 2 } })).kind).toBe('exists')
    writeFileSync(path, '{"job":1}\n{"unit":1,"text":""}\nnonsense\n')
    expect(failureOf(() => UnitLog.open(path, { check, header: { job: 1 } })).message).toBe(
      'd.jsonl, line 3: it is not JSON',
    )
    writeFileSync(path, '{"job":1}\n{"unit":"one"}\n')
    expect(failureOf(() => UnitLog.open(path, { check, header: { job: 1 } })).message).toBe(
      'd.jsonl, line 2: it is no finished unit of this job',
    )
  })
})
