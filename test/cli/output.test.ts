import { spawnSync } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Measured, Result } from '../../src/contract/result.ts'
import { estimateText } from '../../src/main/cli/output/estimate.ts'
import { formatBytes, formatNumber, formatResult } from '../../src/main/cli/output/numbers.ts'
import { printable } from '../../src/main/cli/output/printable.ts'
import { formatSeconds, ProgressLine } from '../../src/main/cli/output/progress-line.ts'
import { formatPairs, formatTable } from '../../src/main/cli/output/table.ts'
import { programVersion } from '../../src/main/services/version.ts'

const measured: Measured = {
  ok: true,
  metric: 'cloze',
  estimator: 'accuracy',
  unit: 'question',
  params: {},
  preset: null,
  modelHash: null,
  dataHash: null,
  planHash: null,
  seed: 0,
  warnings: [],
  value: 0.311,
  n: 1000,
  ci: { low: 0.2839, high: 0.339, level: 0.95, method: 'wilson', resamples: 0 },
  byIndex: [],
}

describe('an estimate for people', () => {
  it('says that the time is unknown until there are answers, and in batches for good', () => {
    const estimate = {
      host: 'models.example',
      model: 'm',
      calls: 2,
      answered: 0,
      promptTokens: 10,
      mostCompletionTokens: 20,
      tokenizer: { name: 'o200k_base', exact: false },
      mostCost: null,
      price: null,
      seconds: null,
    }
    const timeOf = (text: string) => /^time +(.*)$/m.exec(text)?.[1]
    expect(timeOf(estimateText(estimate))).toBe('unknown until the first answers')
    expect(timeOf(estimateText(estimate, [], true))).toBe('unknown: as long as the server takes for a batch')
    expect(timeOf(estimateText({ ...estimate, seconds: 61.2 }))).toBe('about 62 s')
  })
})

describe('numbers for people', () => {
  it('show rates as per cent with their interval, other results as they are, failures by their reason', () => {
    expect(formatResult(measured)).toBe('31.1 % [28.4, 33.9]')
    expect(formatResult({ ...measured, estimator: 'lossNats', value: 3.62416 })).toBe('3.624 [0.2839, 0.3390]')
    const { value: _value, n: _n, ci: _ci, byIndex: _byIndex, ...head } = measured
    const failed: Result = { ...head, ok: false, failure: { kind: 'not-finite', message: 'a NaN' } }
    expect(formatResult(failed)).toBe('not measured: a NaN')
  })

  it('have four significant places and short units', () => {
    expect([0, 0.00001234, 12.3456, 4651.2, 1234567].map(formatNumber)).toEqual([
      '0.000',
      '1.234e-5',
      '12.35',
      '4651',
      '1.235e+6',
    ])
    expect([999, 5230848, 5e11].map(formatBytes)).toEqual(['999 B', '5.2 MB', '500.0 GB'])
    expect([0.4, 61, 7320].map(formatSeconds)).toEqual(['0 s', '1 min 1 s', '2 h 2 min'])
  })

  it('stand in aligned columns', () => {
    expect(
      formatTable(
        [
          ['k', 'loss'],
          ['10', '3.5'],
          ['2', '12'],
        ],
        ['right', 'left'],
      ),
    ).toBe(' k  loss\n--  ----\n10  3.5\n 2  12\n')
    expect(
      formatPairs([
        ['a', 1],
        ['long', 'x'],
      ]),
    ).toBe('a     1\nlong  x\n')
  })
})

it('text from files cannot steer a terminal', () => {
  expect(printable('a\u001b[2Jb\u009b1m\u202ec\td\n')).toBe('a\\u001b[2Jb\\u009b1m\\u202ec\td\n')
})

describe('progress', () => {
  function watch(errIsTerminal: boolean, quiet = false) {
    let text = ''
    let now = 0
    const io = { err: (part: string) => void (text += part), errIsTerminal, columns: 60 }
    const line = new ProgressLine(io, quiet, () => now)
    return {
      at(ms: number, done: number) {
        now = ms
        line.report({ stage: 'Recording', done, total: 100, unit: 'windows' })
      },
      clear: () => line.clear(),
      text: () => text,
    }
  }

  it('rewrites one line on a terminal, with the time left, and takes it away', () => {
    const seen = watch(true)
    seen.at(0, 0)
    seen.at(50, 5)
    seen.at(10_000, 50)
    seen.clear()
    expect(seen.text()).toBe(
      '\r\u001b[2KRecording: 0 of 100 windows (0 %)' +
        '\r\u001b[2KRecording: 50 of 100 windows (50 %) · 10 s left\r\u001b[2K',
    )
  })

  it('elsewhere says nothing for ten seconds and then a line now and then', () => {
    const seen = watch(false)
    for (let second = 0; second <= 45; second++) seen.at(second * 1000, second)
    expect(seen.text().split('\n').filter(Boolean)).toEqual([
      'Recording: 10 of 100 windows (10 %) · 1 min 30 s left',
      'Recording: 40 of 100 windows (40 %) · 1 min 0 s left',
    ])
  })

  it('says nothing at all when asked to be quiet', () => {
    const seen = watch(true, true)
    seen.at(0, 0)
    seen.at(60_000, 50)
    seen.clear()
    expect(seen.text()).toBe('')
  })
})

it('the version is that of package.json', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
  expect(programVersion).toBe(version)
})

it('a disk that takes no output is one line and exit 2', () => {
  const bin = resolve(import.meta.dirname, '../../bin/snip.js')
  const ran = spawnSync(process.execPath, [bin, '--help'], { stdio: ['ignore', openSync('/dev/full', 'w'), 'pipe'] })
  expect(ran.stderr.toString()).toBe('snip: the output could not be written (ENOSPC): free the disk\n')
  expect(ran.status).toBe(2)
})
