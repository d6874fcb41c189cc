import { describe, expect, it } from 'vitest'
import { problemOfName, suggestedName } from '../../../src/renderer/views/export/export-name.ts'

describe('the name of an export', () => {
  it('is made of the plan, its size and the realisation', () => {
    expect(suggestedName('SNIP: paper, k = 192 (6.25 %)', 192, 'compact')).toBe('snip-paper-k192-compact')
    expect(suggestedName('', null, 'zeroed')).toBe('pruned-zeroed')
    expect(suggestedName('Vergessen: Über Größe', 5, 'zeroed')).toBe('vergessen-uber-gro-e-k5-zeroed')
  })

  it('keeps whole words, and those that tell plans apart', () => {
    expect(suggestedName('SNIP: concept similarity (corrected), k = 307', 307, 'compact')).toBe(
      'snip-corrected-k307-compact',
    )
    expect(suggestedName('Selective pruning: activation ratio, Forget Python, k = 9', 9, 'zeroed')).toBe(
      'selective-pruning-forget-python-k9-zeroed',
    )
    expect(suggestedName('One two three four five six seven eight', 1, 'zeroed')).toBe(
      'one-two-three-four-five-six-k1-zeroed',
    )
  })

  it('is not one that an earlier export has', () => {
    expect(suggestedName('SNIP', 1, 'compact', ['snip-k1-compact', 'snip-k1-compact-2'])).toBe('snip-k1-compact-3')
  })

  it('is refused with what to do', () => {
    expect(problemOfName('good_name-1.0')).toBeNull()
    expect(problemOfName(' ')).toBe('Give the file a name.')
    expect(problemOfName('a/b')).toBe('Use letters, digits, dot, dash and underscore only.')
    expect(problemOfName('..')).toBe('Give a name that is more than dots.')
    expect(problemOfName('x'.repeat(121))).toBe('Use at most 120 characters.')
  })
})
