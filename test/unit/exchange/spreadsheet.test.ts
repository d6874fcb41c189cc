import { describe, expect, it } from 'vitest'
import { readDelimitedRecords } from '../../../src/core/data/formats/delimited-records.ts'
import { fromSpreadsheet, spreadsheetRow } from '../../../src/core/exchange/spreadsheet.ts'
import { createRandom } from '../../../src/core/stats/random.ts'
import { ledgerCsv } from '../../../src/main/services/language-models/ledger/ledger-file.ts'

describe('a row for a spreadsheet', () => {
  it('holds no formula, and quotes what needs it', () => {
    expect(spreadsheetRow(['=1+1', '+a', '-a', '@a', '＝1', 'plain', 'a,b', 'say "x"', null, -0.5, Number.NaN])).toBe(
      `'=1+1,'+a,'-a,'@a,'＝1,plain,"a,b","say ""x""",,-0.5,\r\n`,
    )
    expect(spreadsheetRow(['\ta', '\na', '\ra'])).toBe(`"'\ta","'\na","'\ra"\r\n`)
  })

  it('holds none where semicolons, tabs or line breaks part the cells either', () => {
    const hostile = ['a;=1+1', 'a\t=1+1', 'a; "=1+1"', 'a\n@SUM(1)', ';-1', 'a;\t＝1']
    const row = spreadsheetRow(['mlp:0:1', ...hostile])
    expect(row).toBe(`mlp:0:1,"a;'=1+1","a\t'=1+1","a; ""'=1+1""","a\n'@SUM(1)",";'-1","a;\t'＝1"\r\n`)
    for (const cell of row.split(/[;\t\r\n]/)) expect(cell.replace(/^[\s"]+/, '')).not.toMatch(/^[=+\-@＝]/)
    expect(spreadsheetRow(['verbs; e.g. to be'])).toBe('"verbs; e.g. to be"\r\n')
  })

  it('comes back as it was, whatever it holds', () => {
    const random = createRandom(3)
    const signs = ['=', '-', "'", ';', '"', '\t', '\n', ' ', 'a', ',', '＝']
    const cells = Array.from({ length: 2000 }, () =>
      Array.from({ length: random.integer(7) }, () => signs[random.integer(signs.length)]!).join(''),
    )
    const [record] = readDelimitedRecords(spreadsheetRow(['x', ...cells]), ',', true)
    expect(record?.cells.slice(1).map(fromSpreadsheet)).toEqual(cells)
    expect(record?.cells.filter((cell, i) => i > 0 && cell !== cells[i - 1]).length).toBeGreaterThan(500)
  })
})

describe('the ledger for a spreadsheet', () => {
  it('is guarded as all tables are', () => {
    const entry = {
      id: 'x',
      at: 0,
      host: '＝HYPERLINK("x")',
      purpose: '\n=1+1',
      provider: 'a;=1+1',
      model: '@m',
      endpoint: 'chat/completions',
      promptTokens: 5,
      completionTokens: null,
      cost: 0.25,
      outcome: 'answered',
      milliseconds: 12,
    }
    expect(ledgerCsv([entry])).toBe(
      [
        'at,host,purpose,provider,model,endpoint,promptTokens,completionTokens,cost,outcome,milliseconds\r\n',
        `1970-01-01T00:00:00.000Z,"'＝HYPERLINK(""x"")","'\n'=1+1","a;'=1+1",'@m,chat/completions,5,,0.25,answered,12\r\n`,
      ].join(''),
    )
  })
})
