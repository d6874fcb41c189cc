import type { z } from 'zod'
import { SnipError } from '../../contract/failure.ts'

/** What every registry member with parameters has. */
export interface Parameterised<S extends z.ZodObject = z.ZodObject> {
  readonly id: string
  /** Every parameter has a default, so that `{}` is legal. */
  readonly params: S
  /** Parameter values by preset name: `paper`, `as-released`, `corrected`. */
  readonly presets: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

export interface ResolvedParams<P> {
  readonly params: P
  /** The preset's name; null when none was asked for or an override changed one of its values. */
  readonly preset: string | null
}

/**
 * Defaults, then the preset, then the overrides, all validated. Throws `bad-argument` naming the preset or parameter.
 * Overrides may be texts, as from `--param k=v`: see `readParamText`.
 */
export function resolveParams<S extends z.ZodObject>(
  member: Parameterised<S>,
  preset: string | null,
  overrides: Readonly<Record<string, unknown>>,
): ResolvedParams<z.output<S>> {
  const presetValues = preset === null ? {} : member.presets[preset]
  if (presetValues === undefined || (preset !== null && !Object.hasOwn(member.presets, preset))) {
    throw new SnipError('bad-argument', `'${member.id}' has no preset '${preset}'`, {
      remedy: `Use ${listOf(Object.keys(member.presets))}.`,
    })
  }
  const given: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(overrides)) {
    const field = Object.hasOwn(member.params.shape, name) ? member.params.shape[name] : undefined
    if (field === undefined) {
      throw new SnipError('bad-argument', `'${member.id}' has no parameter '${name}'`, {
        remedy: `Use ${listOf(Object.keys(member.params.shape))}.`,
      })
    }
    given[name] = typeof value === 'string' ? readParamText(field, value) : value
  }
  const parsed = member.params.safeParse({ ...presetValues, ...given })
  if (!parsed.success) {
    const defaults: Readonly<Record<string, unknown>> = member.params.safeParse({}).data ?? {}
    const issue = parsed.error.issues[0]
    const where = issue === undefined ? '' : ` '${issue.path.join('.')}'`
    const name = String(issue?.path[0] ?? '')
    throw new SnipError('bad-argument', `Parameter${where} of '${member.id}': ${issue?.message ?? 'not legal'}`, {
      remedy: Object.hasOwn(defaults, name)
        ? `Give a value such as the default, ${JSON.stringify(defaults[name])}.`
        : 'Give a legal value.',
    })
  }
  const changed = Object.keys(presetValues).some(
    (name) => JSON.stringify(parsed.data[name]) !== JSON.stringify(presetValues[name]),
  )
  return { params: parsed.data, preset: changed ? null : preset }
}

/**
 * The value that a text stands for under a parameter's schema: the text itself if legal, else its JSON value if legal
 * (`0.5`, `true`, `null`), else its comma-separated parts if legal; the text as it is when nothing fits.
 */
export function readParamText(field: z.core.$ZodType, text: string): unknown {
  const candidates: unknown[] = [text]
  try {
    candidates.push(JSON.parse(text))
  } catch {
    // Not JSON: the other readings remain.
  }
  candidates.push(text.split(','))
  const schema = field as z.ZodType
  return candidates.find((candidate) => schema.safeParse(candidate).success) ?? jsonNull(schema, text)
}

/** `find` cannot tell a legal null from nothing found. */
function jsonNull(schema: z.ZodType, text: string): unknown {
  return text.trim() === 'null' && schema.safeParse(null).success ? null : text
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none: there are none' : `one of: ${names.join(', ')}`
}
