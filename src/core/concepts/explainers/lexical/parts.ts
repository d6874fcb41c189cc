import type { Feature } from '../../features/feature-table.ts'
import type { ClassId, Strength } from '../../grammar/classes.ts'
import type { Clause, Context, Subject } from '../../grammar/description.ts'
import type { FeatureTable } from '../../features/feature-table.ts'

/** One predicate of a conjunction: features of one role, any one of which is enough. */
export interface Part {
  readonly role: Feature['role']
  readonly ids: readonly number[]
}

export function isSubjectRole(role: Feature['role']): boolean {
  return role === 'class' || role === 'word' || role === 'token' || role === 'ending'
}

/** Whether a predicate of this role can join the conjunction: one subject, one `after`, one `before`, one place. */
export function canJoin(parts: readonly Part[], role: Feature['role']): boolean {
  const slot = slotOf(role)
  return parts.every((part) => slotOf(part.role) !== slot)
}

function slotOf(role: Feature['role']): string {
  if (isSubjectRole(role)) return 'subject'
  return role.startsWith('after') ? 'after' : role.startsWith('before') ? 'before' : 'place'
}

/** A word as a sentence shows it; matching ignores case, so only the look is at stake. */
export function displayWord(word: string, id: ClassId | null): string {
  if (id === 'all-capitals') return word.toUpperCase()
  const capital = id === 'name' || id === 'capitalised' || /^i(?:'|$)/.test(word)
  return capital ? word.charAt(0).toUpperCase() + word.slice(1) : word
}

/** The clause that a conjunction of parts says. */
export function clauseOf(parts: readonly Part[], strength: Strength, table: FeatureTable): Clause {
  let subject: Subject = { kind: 'anything' }
  const contexts: Context[] = []
  for (const slot of ['subject', 'after', 'before', 'place']) {
    const part = parts.find((each) => slotOf(each.role) === slot)
    if (!part) continue
    const features = part.ids.map((id) => table.get(id))
    const first = features[0] as Feature
    if (first.role === 'class') subject = { kind: 'class', id: first.value }
    else if (first.role === 'ending') subject = { kind: 'ending', suffix: first.value }
    else if (first.role === 'token') subject = { kind: 'tokens', items: features.map((each) => each.value) }
    else if (first.role === 'word') {
      subject = { kind: 'words', items: features.map((each) => displayWord(each.value, null)) }
    } else if (first.role === 'place') contexts.push({ kind: 'place', id: first.value })
    else if (first.role === 'after-class') contexts.push({ kind: 'after', id: first.value })
    else if (first.role === 'before-class') contexts.push({ kind: 'before', id: first.value })
    else {
      const items = features.map((each) => displayWord(each.value, null))
      contexts.push({ kind: first.role === 'after-word' ? 'after' : 'before', items })
    }
  }
  return { strength, subject, contexts }
}
