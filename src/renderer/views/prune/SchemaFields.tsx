import { Checkbox, NumberInput, Select, Switch, TagsInput, TextInput } from '@mantine/core'
import type { SchemaField } from './schema-form.ts'
import styles from './prune.module.css'

type Values = Record<string, unknown>

/** The fields of a method's parameters, each by its kind. */
export function SchemaFields({
  fields,
  values,
  onChange,
}: {
  fields: readonly SchemaField[]
  values: Values
  onChange: (values: Values) => void
}) {
  return fields.map((field) => (
    <Field
      key={field.key}
      field={field}
      value={values[field.key]}
      onChange={(value) => onChange({ ...values, [field.key]: value })}
    />
  ))
}

function Field({ field, value, onChange }: { field: SchemaField; value: unknown; onChange: (value: unknown) => void }) {
  const { label } = field
  const description = field.description ?? undefined
  switch (field.kind) {
    case 'number':
      return (
        <NumberInput
          label={label}
          description={description}
          value={typeof value === 'number' ? value : ''}
          onChange={(next) => onChange(typeof next === 'number' ? next : null)}
          placeholder={field.nullable ? 'not set' : ''}
          hideControls
          allowDecimal={!field.whole}
          {...(field.min === null ? {} : { min: field.min })}
          {...(field.max === null ? {} : { max: field.max })}
        />
      )
    case 'switch':
      return (
        <Switch
          label={label}
          description={description}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )
    case 'choice':
      return (
        <Select
          label={label}
          description={description}
          data={[...field.options]}
          value={String(value)}
          onChange={(next) => onChange(next)}
        />
      )
    case 'several':
      return (
        <Checkbox.Group
          label={label}
          description={description}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
        >
          <div style={{ display: 'flex', gap: 16, paddingTop: 4 }}>
            {field.options.map((option) => (
              <Checkbox key={option} value={option} label={option} />
            ))}
          </div>
        </Checkbox.Group>
      )
    case 'words':
      return (
        <TagsInput
          label={label}
          description={description ?? 'Enter after each'}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={onChange}
          acceptValueOnBlur
        />
      )
    case 'group':
      return (
        <fieldset className={styles.group}>
          <legend>{label}</legend>
          {description !== undefined && <p className={styles.quiet}>{description}</p>}
          <SchemaFields fields={field.fields} values={(value ?? {}) as Values} onChange={onChange} />
        </fieldset>
      )
    case 'text':
      return (
        <TextInput
          label={label}
          description={description}
          value={typeof value === 'string' ? value : ''}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )
  }
}
