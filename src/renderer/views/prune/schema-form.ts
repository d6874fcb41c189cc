/** A field of a form, read from the JSON Schema of a method's parameters. */
export type SchemaField = {
  readonly key: string
  readonly label: string
  readonly description: string | null
  readonly initial: unknown
} & (
  | {
      readonly kind: 'number'
      readonly min: number | null
      readonly max: number | null
      readonly whole: boolean
      readonly nullable: boolean
    }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly options: readonly string[] }
  | { readonly kind: 'several'; readonly options: readonly string[] }
  | { readonly kind: 'words' }
  | { readonly kind: 'text' }
  | { readonly kind: 'group'; readonly fields: readonly SchemaField[] }
)

type Schema = Record<string, unknown>

/** The fields of an object schema, in its own order. What the schema leaves open becomes a text. */
export function fieldsOf(schema: Schema): SchemaField[] {
  const properties = schema['properties']
  if (typeof properties !== 'object' || properties === null) return []
  return Object.entries(properties).map(([key, property]) => fieldOf(key, property as Schema))
}

function fieldOf(key: string, schema: Schema): SchemaField {
  const options = Array.isArray(schema['anyOf']) ? (schema['anyOf'] as Schema[]) : []
  // Of several forms, the one that the default has.
  const wanted = typeof schema['default']
  const inner =
    options.find((option) => option['type'] === wanted) ?? options.find((option) => option['type'] !== 'null') ?? {}
  const types = Array.isArray(schema['type']) ? (schema['type'] as unknown[]) : []
  const nullable = types.includes('null') || options.some((option) => option['type'] === 'null')
  const merged: Schema = { ...inner, ...schema }
  if (types.length > 0) merged['type'] = types.find((type) => type !== 'null')
  const base = {
    key,
    label: labelOf(key),
    description: typeof schema['description'] === 'string' ? schema['description'] : null,
    initial: schema['default'] ?? null,
  }
  const items = merged['items'] as Schema | undefined
  if (Array.isArray(merged['enum'])) return { ...base, kind: 'choice', options: merged['enum'].map(String) }
  switch (merged['type']) {
    case 'number':
    case 'integer':
      return {
        ...base,
        kind: 'number',
        min: limitOf(merged, 'minimum', 'exclusiveMinimum'),
        max: limitOf(merged, 'maximum', 'exclusiveMaximum'),
        whole: merged['type'] === 'integer',
        nullable,
      }
    case 'boolean':
      return { ...base, kind: 'switch' }
    case 'array':
      return Array.isArray(items?.['enum'])
        ? { ...base, kind: 'several', options: items['enum'].map(String) }
        : { ...base, kind: 'words' }
    case 'object':
      return { ...base, kind: 'group', fields: fieldsOf(merged) }
    default:
      return { ...base, kind: 'text' }
  }
}

function limitOf(schema: Schema, ...keys: string[]): number | null {
  for (const key of keys) {
    const limit = schema[key]
    // Schemas of whole numbers name the largest safe integer, which is no limit that anyone set.
    if (typeof limit === 'number' && Math.abs(limit) < Number.MAX_SAFE_INTEGER) return limit
  }
  return null
}

/** "minimumScore" becomes "Minimum score". */
function labelOf(key: string): string {
  const spaced = key.replace(
    /([a-z0-9])([A-Z])/g,
    (_, before: string, letter: string) => `${before} ${letter.toLowerCase()}`,
  )
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}

/** The values that a form begins with: the schema's defaults, and a preset's above them. */
export function initialValues(fields: readonly SchemaField[], preset: Schema = {}): Schema {
  const values: Schema = {}
  for (const field of fields) {
    const given = preset[field.key]
    if (field.kind === 'group') {
      const from = (given ?? field.initial ?? {}) as Schema
      values[field.key] = initialValues(field.fields, from)
    } else {
      values[field.key] = given ?? field.initial ?? emptyOf(field)
    }
  }
  return values
}

function emptyOf(field: SchemaField): unknown {
  if (field.kind === 'several' || field.kind === 'words') return []
  if (field.kind === 'switch') return false
  if (field.kind === 'choice') return field.options[0] ?? ''
  return field.kind === 'text' ? '' : null
}

/** What a form still lacks, as a sentence; null when it can be sent. */
export function problemOf(fields: readonly SchemaField[], values: Schema): string | null {
  for (const field of fields) {
    const value = values[field.key]
    if (field.kind === 'group') {
      const problem = problemOf(field.fields, (value ?? {}) as Schema)
      if (problem !== null) return `${field.label}: ${problem}`
    }
    if (field.kind === 'words' && Array.isArray(value) && value.length === 0)
      return `${field.label}: give at least one.`
    if (field.kind === 'several' && Array.isArray(value) && value.length === 0) {
      return `${field.label}: choose at least one.`
    }
    if (field.kind === 'number' && !field.nullable && typeof value !== 'number') return `${field.label}: give a number.`
  }
  return null
}
