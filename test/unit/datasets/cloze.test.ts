import { expect, test } from 'vitest'
import { readDataset } from '../../../src/main/services/datasets/index.ts'
import { clozeBlock, failureOf, useScratch } from './scratch.ts'

const scratch = useScratch()

test("questions of the Children's Book Test are told by content and become documents", async () => {
  const data = await readDataset(await scratch.write('c.txt', `${clozeBlock()}\n\n${clozeBlock()}\n`))
  expect([data.kind, data.format, data.rows]).toEqual(['cloze', 'cbt', 2])
  const question = data.cloze?.[1]
  expect(question?.index).toBe(2)
  expect(question?.context).toHaveLength(20)
  expect(question?.context[19]).toBe('Sentence number 20 .')
  expect(question?.query).toBe("` Where is it ? ' XXXXX the cat .")
  expect(question?.candidates).toEqual(['asked', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])
  expect(data.documents[1]?.text.split('\n').at(-1)).toBe("` Where is it ? ' asked the cat .")
  expect(data.documents[1]?.row).toBe(1)
})

test('damaged questions are rejected with line and reason, and keep their place in the count', async () => {
  const ten = 'a|b|c|d|e|f|g|h|i|j'
  const blocks = [
    clozeBlock(),
    clozeBlock(`21 XXXXX ran\ta\t\ta|b|c`),
    clozeBlock(`21 XXXXX ran\tz\t\t${ten}`),
    clozeBlock(`21 nobody ran\ta\t\t${ten}`),
    clozeBlock(`21 XXXXX and XXXXX\ta\t\t${ten}`),
    clozeBlock(`21 XXXXX ran`),
    clozeBlock(`20 XXXXX ran\ta\t\t${ten}`, 19),
    clozeBlock(`21 XXXXX ran\ta\t\t${ten}`, 19),
    clozeBlock(`21 XXXXX ran\ta\t\t${ten}`),
  ]
  const data = await readDataset(
    await scratch.write('damaged.txt', blocks.join('\r\n\r\n').replaceAll(/(?<!\r)\n/g, '\r\n')),
  )
  expect(data.cloze?.map(({ index }) => index)).toEqual([1, 9])
  expect(data.rejected).toEqual([
    { line: 43, reason: 'question 2: 3 candidates where 10 are due' },
    { line: 65, reason: 'question 3: the answer is not among the candidates' },
    { line: 87, reason: 'question 4: no XXXXX in the query' },
    { line: 109, reason: 'question 5: 2 times XXXXX in the query' },
    { line: 131, reason: 'question 6: no answer' },
    { line: 152, reason: 'question 7: 20 lines where 21 are due' },
    { line: 173, reason: 'question 8: line number 21 where 20 is due' },
  ])
})

test('a missing blank line costs no question', async () => {
  const data = await readDataset(await scratch.write('joined.txt', `${clozeBlock()}\n${clozeBlock()}\n`))
  expect([data.rows, data.rejected]).toEqual([2, []])
})

test('a dollar sign in the answer is no pattern', async () => {
  const block = clozeBlock('21 XXXXX .\t$&\t\t$&|b|c|d|e|f|g|h|i|j')
  const data = await readDataset(await scratch.write('dollar.txt', block))
  expect(data.documents[0]?.text.endsWith('\n$& .')).toBe(true)
})

test('questions can be filtered and sampled, and forced to plain text', async () => {
  const other = clozeBlock('21 XXXXX .\tb\t\ta|b|c|d|e|f|g|h|i|j')
  const path = await scratch.write('f.txt', [clozeBlock(), other, other].join('\n\n'))
  const data = await readDataset(path, { where: "answer = 'b' AND index > 2" })
  expect(data.cloze?.map(({ index }) => index)).toEqual([3])
  expect((await readDataset(path, { sample: 2, seed: 1 })).cloze).toHaveLength(2)
  expect((await readDataset(path, { format: 'txt' })).kind).toBe('text')
})

test('a file of damaged questions alone is an error that lists why', async () => {
  const failure = await failureOf(readDataset(await scratch.write('bad.txt', clozeBlock('21 no\ta\t\ta|b'))))
  expect(failure.message).toContain('line 21: question 1: no XXXXX in the query')
})

test('numbered prose is plain text', async () => {
  expect((await readDataset(await scratch.write('list.txt', '1 One .\n2 Two .\n21 Last .\n'))).kind).toBe('text')
})
