import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fieldsOf, initialValues, problemOf } from '../../../src/renderer/views/prune/schema-form.ts'
import { rankingMethods } from '../../../src/core/ranking/registry.ts'

describe('a form read from JSON Schema', () => {
  const schema = z.toJSONSchema(
    z.object({
      minimumScore: z.number().min(0).max(1).nullable().default(null).describe('Leave out worse ones'),
      useWeights: z.boolean().default(true),
      importance: z.enum(['meanAbs', 'rms']).default('rms'),
      sites: z
        .array(z.enum(['mlp', 'attention']))
        .min(1)
        .default(['mlp']),
      keywords: z.array(z.string()).min(1),
      epsilon: z.object({ mlp: z.number(), attention: z.number() }).default({ mlp: 0.001, attention: 0.0001 }),
    }),
    { io: 'input' },
  ) as Record<string, unknown>
  const fields = fieldsOf(schema)

  it('has a field for each parameter', () => {
    expect(fields.map(({ label, kind }) => [label, kind])).toEqual([
      ['Minimum score', 'number'],
      ['Use weights', 'switch'],
      ['Importance', 'choice'],
      ['Sites', 'several'],
      ['Keywords', 'words'],
      ['Epsilon', 'group'],
    ])
    expect(fields[0]).toMatchObject({ min: 0, max: 1, nullable: true, description: 'Leave out worse ones' })
  })

  it('begins with defaults, and a preset above them', () => {
    expect(initialValues(fields, { useWeights: false, epsilon: { mlp: 0.5 } })).toEqual({
      minimumScore: null,
      useWeights: false,
      importance: 'rms',
      sites: ['mlp'],
      keywords: [],
      epsilon: { mlp: 0.5, attention: null },
    })
  })

  it('says what is missing before it is sent', () => {
    const values = initialValues(fields)
    expect(problemOf(fields, values)).toBe('Keywords: give at least one.')
    expect(problemOf(fields, { ...values, keywords: ['verb'] })).toBeNull()
    expect(problemOf(fields, { ...values, keywords: ['verb'], sites: [] })).toBe('Sites: choose at least one.')
    expect(problemOf(fields, { ...values, keywords: ['verb'], epsilon: { mlp: 1, attention: null } })).toBe(
      'Epsilon: Attention: give a number.',
    )
  })

  it('reads every method that there is, and begins with values that its schema takes', () => {
    for (const method of rankingMethods) {
      const methodFields = fieldsOf(z.toJSONSchema(method.params, { io: 'input' }))
      expect(methodFields.length, method.id).toBeGreaterThan(0)
      const values = initialValues(methodFields)
      const problem = problemOf(methodFields, values)
      const read = method.params.safeParse(values)
      expect(read.success ? [] : read.error.issues.map((issue) => issue.path), method.id).toEqual([])
      expect(problem, method.id).toBe(method.id === 'keyword' ? 'Keywords: give at least one.' : null)
    }
  })
})
