import { describe, expect, it } from 'vitest'
import { classIds, classPhrases, placeIds, strengths } from '../../../src/core/concepts/grammar/classes.ts'
import type { Clause, Context, Description, Subject } from '../../../src/core/concepts/grammar/description.ts'
import { parseDescription } from '../../../src/core/concepts/grammar/parse.ts'
import { quote, unquote } from '../../../src/core/concepts/grammar/quoting.ts'
import { renderDescription } from '../../../src/core/concepts/grammar/render.ts'
import { createRandom, type Random } from '../../../src/core/stats/random.ts'

const pieces = [
  'said',
  ' asked',
  'he',
  '"',
  '\\',
  '\n',
  '\r\n',
  '\t',
  '🙂',
  '👩‍🚀',
  ' and ',
  ', ',
  ' or ',
  '; ',
  'such as',
  '',
  ' ',
  '.',
  '\u2028',
  '\u0000',
  '\ud800',
  'é',
  '\u200b',
  '\\u{41}',
  "'",
  'after',
  '\ufeff',
  'anything',
]

describe('the grammar of descriptions', () => {
  it('reads back 5,000 random descriptions, with hostile tokens, exactly', () => {
    const random = createRandom(7)
    for (let n = 0; n < 5000; n++) {
      const description = randomDescription(random)
      const text = renderDescription(description)
      expect(parseDescription(text), text).toEqual(description)
      expect(text).not.toMatch(/[\n\r\t]/)
    }
  })

  it('writes sentences that a person would', () => {
    const said: Clause = {
      strength: 'fully',
      subject: { kind: 'class', id: 'past' },
      examples: { kind: 'especially', items: ['said', 'asked'] },
      contexts: [{ kind: 'after', items: ['he', 'she'] }],
    }
    const commas: Clause = {
      strength: 'weakly',
      subject: { kind: 'class', id: 'comma' },
      contexts: [{ kind: 'place', id: 'in-code' }],
    }
    expect(renderDescription({ clauses: [said, commas] })).toBe(
      'past-tense verbs, especially "said" and "asked", after "he" or "she"; weakly commas in code',
    )
    expect(renderDescription({ clauses: [] })).toBe('no describable pattern')
  })

  it('forgives surrounding space and a closing full stop, nothing else', () => {
    expect(parseDescription('  past-tense verbs. ')).toEqual({
      clauses: [{ strength: 'fully', subject: { kind: 'class', id: 'past' }, contexts: [] }],
    })
    for (const text of [
      '',
      'verbs in the past tense',
      'past-tense verbs,',
      'past-tense verbs after',
      'past-tense verbs after he',
      'the word "said',
      'the words "said"',
      'the word "a" and "b"',
      'the word "\\q"',
      'the word "\\u{110000}"',
      'strongly commas',
      'commas; ',
      'commas;commas',
      'Commas',
      'anything, such as "a"',
      'past-tense verbs, such as "said" after "he"',
    ]) {
      expect(parseDescription(text), text).toBeNull()
    }
  })

  it('gives every class a phrase of its own that reads back as this class', () => {
    expect(new Set(Object.values(classPhrases)).size).toBe(classIds.length)
    for (const id of classIds) {
      const description: Description = {
        clauses: [{ strength: 'fully', subject: { kind: 'class', id }, contexts: [{ kind: 'before', id }] }],
      }
      expect(parseDescription(renderDescription(description))).toEqual(description)
    }
  })

  it('quotes and unquotes any string', () => {
    expect(quote('a"b\\c\n')).toBe('"a\\"b\\\\c\\n"')
    for (const piece of pieces) expect(unquote(`x${quote(piece)}`, 1)?.text).toBe(piece)
  })
})

function randomDescription(random: Random): Description {
  return { clauses: Array.from({ length: random.integer(4) }, () => randomClause(random)) }
}

function randomClause(random: Random): Clause {
  const subject = randomSubject(random)
  const mayHaveExamples = subject.kind === 'class' || subject.kind === 'ending'
  const kind = random.integer(2) === 0 ? 'such-as' : 'especially'
  return {
    strength: pick(random, strengths),
    subject,
    ...(mayHaveExamples && random.integer(2) === 0 ? { examples: { kind, items: randomItems(random) } as const } : {}),
    contexts: Array.from({ length: random.integer(4) }, () => randomContext(random)),
  }
}

function randomSubject(random: Random): Subject {
  switch (random.integer(5)) {
    case 0:
      return { kind: 'words', items: randomItems(random) }
    case 1:
      return { kind: 'tokens', items: randomItems(random) }
    case 2:
      return { kind: 'ending', suffix: randomText(random) }
    case 3:
      return { kind: 'anything' }
    default:
      return { kind: 'class', id: pick(random, classIds) }
  }
}

function randomContext(random: Random): Context {
  const kind = random.integer(2) === 0 ? 'after' : 'before'
  if (random.integer(3) === 0) return { kind: 'place', id: pick(random, placeIds) }
  return random.integer(2) === 0 ? { kind, items: randomItems(random) } : { kind, id: pick(random, classIds) }
}

function randomItems(random: Random): string[] {
  return Array.from({ length: 1 + random.integer(4) }, () => randomText(random))
}

function randomText(random: Random): string {
  let text = ''
  const length = random.integer(4)
  for (let i = 0; i < length; i++) text += pick(random, pieces)
  return text
}

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random.integer(values.length)] as T
}
