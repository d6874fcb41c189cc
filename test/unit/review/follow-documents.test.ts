import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createRandom } from '../../../src/core/stats/random.ts'
import { canonicalJson } from '../../../src/main/services/jobs/canonical-json.ts'
import { ConceptReader } from '../../../src/main/services/neurons/concept-columns.ts'
import { LayeredMap } from '../../../src/main/services/neurons/layered-map.ts'
import { ExplanationOrder } from '../../../src/main/services/neurons/verdicts.ts'
import { hashOfConcepts } from '../../../src/main/services/rankings/concepts-hash.ts'
import { SortedTexts } from '../../../src/main/services/rankings/sorted-texts.ts'
import { DocumentMirror } from '../../../src/main/services/workspace/document-mirror.ts'
import type { HeldWorkspace } from '../../../src/main/services/workspace/open-workspace.ts'
import { workspaceBench } from '../workspace/opened.ts'
import { reviewing, type Reviewing } from './reviewing.ts'

const { folder, open } = workspaceBench()
const neurons = Array.from({ length: 8 }, (_, row) => `mlp:0:${row}`)

/** The hash of the concepts in use as one object of all that decides it. */
function plainHash({ store }: HeldWorkspace): string {
  const explanations = [...store.all('explanation')]
  const order = new ExplanationOrder(store)
  const [id, last] = explanations.at(-1)!
  const reviews = [...store.all('review')]
  const kept = reviews.flatMap(([neuron, review]) =>
    review.status === 'accepted' &&
    review.sentence !== undefined &&
    ((review.sentence.explainer === null && store.get('concept-edit', neuron) === null) ||
      order.isAfter({ explanation: id, at: last.at }, review))
      ? [`${neuron} ${review.sentence.text}`]
      : [],
  )
  const facts = {
    explanations: explanations.map(([, { file, concepts, at }]) => ({ file, concepts, at })),
    edits: [...store.all('concept-edit')].map(([neuron, { text }]) => `${neuron} ${text}`).toSorted(),
    rejected: reviews
      .flatMap(([neuron, { status, earlier = [] }]) =>
        [...(status === 'rejected' ? [1] : []), ...earlier].map(() => neuron),
      )
      .toSorted(),
    ...(kept.length === 0 ? {} : { kept: kept.toSorted() }),
  }
  return createHash('sha256').update(canonicalJson(facts)).digest('hex')
}

async function readAnew(at: Reviewing) {
  const { evidence } = await at.data()
  return new ConceptReader().read(at.workspace, evidence)
}

describe('what follows the documents of a workspace', () => {
  test('is after every step what reading all of them gives: columns, sentences, verdicts and the hash', async () => {
    const at = await reviewing(await open(folder()))
    const random = createRandom(5)
    const pick = () => neurons[random.integer(neurons.length)]!
    const steps = {
      explain: async (step: number) => {
        const lines = neurons.map((neuron, row) => [neuron, `text ${(step + row) % 5} "ü"`, row / 10] as const)
        await at.explain(`e${step}`, step % 2 === 0 ? 'lexical' : 'llm', lines)
      },
      accept: () => at.review('accepted', pick(), pick()),
      reject: () => at.review('rejected', pick(), pick()),
      reopen: () => at.review('suggested', pick()),
      edit: (step: number) => at.edit(pick(), `own ${step}\u2028`),
      revert: () => at.revert(pick()).catch(() => undefined),
      undo: () => at.store.undo(),
      redo: () => at.store.redo(),
    }
    await steps.explain(0)
    const hashes = new Set<string>()
    const ways = ['accept', 'accept', 'reject', 'reject', 'reopen', 'edit', 'edit', 'revert', 'undo', 'redo'] as const
    for (let step = 1; step <= 60; step++) {
      const way = step % 20 === 0 ? 'explain' : ways[random.integer(ways.length)]!
      await steps[way](step)
      const { concepts } = await at.data()
      const anew = await readAnew(at)
      expect([concepts.texts, concepts.scores, concepts.status]).toEqual([anew.texts, anew.scores, anew.status])
      expect(JSON.parse(await (await concepts.json()).text())).toEqual(anew.texts)
      for (const [row, neuron] of neurons.entries()) {
        expect(concepts.conceptAt(row)).toEqual(anew.conceptAt(row))
        expect(concepts.reviewOf(neuron)).toEqual(anew.reviewOf(neuron))
      }
      const hash = hashOfConcepts(at.workspace)
      expect(hash).toBe(plainHash(at.workspace))
      hashes.add(hash)
    }
    expect(hashes.size).toBeGreaterThan(20)
  })

  test('keeps what was given out before as it was', async () => {
    const at = await reviewing(await open(folder()))
    await at.explain('a', 'lexical', [['mlp:0:0', 'verbs', 0.5]])
    const { concepts: before } = await at.data()
    await at.edit('mlp:0:0', 'verbs of motion')
    expect((await at.data()).concepts.conceptAt(0).text).toBe('verbs of motion')
    expect([before.texts[0], before.conceptAt(0).text]).toEqual(['verbs', 'verbs'])
  })
})

describe('documents', () => {
  const put = (mirror: DocumentMirror, key: string, value: unknown) =>
    mirror.apply([{ kind: 'pin', key, to: value === null ? null : { value, created: mirror.nextCreated } }])

  test('say which of them changed since a mark, those that went too', () => {
    const mirror = new DocumentMirror()
    put(mirror, 'a', 1)
    const mark = mirror.markOf('pin')
    expect(mirror.changedSince('pin', mark)).toEqual(new Set())
    put(mirror, 'b', 1)
    put(mirror, 'a', null)
    put(mirror, 'b', 2)
    expect(mirror.changedSince('pin', mark)).toEqual(new Set(['a', 'b']))
    expect(mirror.changedSince('review', mirror.markOf('review'))).toEqual(new Set())
  })

  test('say after thousands of changes that they cannot tell, and go on telling the newest', () => {
    const mirror = new DocumentMirror()
    const mark = mirror.markOf('pin')
    for (let at = 0; at < 5000; at++) put(mirror, `${at}`, at)
    expect(mirror.changedSince('pin', mark)).toBeNull()
    const later = mirror.markOf('pin')
    put(mirror, 'last', 1)
    expect(mirror.changedSince('pin', later)).toEqual(new Set(['last']))
  })
})

test('a map in layers reads as one map, over thousands of changes, and older ones stay as they were', () => {
  const random = createRandom(3)
  const plain = new Map(Array.from({ length: 500 }, (_, at) => [at, `${at}`]))
  let layered = new LayeredMap(new Map(plain))
  const first = layered
  for (let step = 0; step < 3000; step++) {
    const key = random.integer(3000)
    const value = step % 3 === 0 ? null : `${step}`
    if (value === null) plain.delete(key)
    else plain.set(key, value)
    layered = layered.with(new Map([[key, value]]))
  }
  const read = (map: LayeredMap<number, string>) => new Map(Array.from(map.keys(), (key) => [key, map.get(key)]))
  expect(read(layered)).toEqual(plain)
  expect([layered.has(2999), layered.has(3000)]).toEqual([plain.has(2999), false])
  expect(read(first).size).toBe(500)
})

test('sorted texts are hashed as the JSON of all of them, whatever came and went', () => {
  const random = createRandom(4)
  const plain = Array.from({ length: 1500 }, (_, at) => `mlp:${at % 7}:${at} "é\ud83d\ude00`)
  const sorted = new SortedTexts(plain)
  const isSame = () => {
    const hash = createHash('sha256')
    sorted.addTo(hash)
    return hash.digest('hex') === createHash('sha256').update(JSON.stringify(plain.toSorted())).digest('hex')
  }
  expect(isSame()).toBe(true)
  for (let step = 0; step < 3000; step++) {
    if (step % 5 === 0 || plain.length === 0) sorted.remove(plain.splice(random.integer(plain.length), 1)[0]!)
    else {
      const text = `mlp:0:${random.integer(400)}`
      plain.push(text)
      sorted.add(text)
    }
  }
  sorted.remove('was never there')
  expect([isSame(), sorted.size]).toEqual([true, plain.length])
  for (const text of plain.splice(0)) sorted.remove(text)
  expect([isSame(), sorted.size]).toEqual([true, 0])
  sorted.add('one')
  plain.push('one')
  expect(isSame()).toBe(true)
})
