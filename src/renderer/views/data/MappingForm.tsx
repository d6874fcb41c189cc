import { NumberInput, Select, TextInput } from '@mantine/core'
import type { DataPreview, Mapping } from '../../../contract/workbench/datasets.ts'
import type { Failure } from '../../../contract/failure.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import styles from './data.module.css'

interface MappingFormProps {
  readonly preview: Pick<DataPreview, 'kind' | 'columns'>
  readonly mapping: Mapping
  readonly onChange: (mapping: Mapping) => void
  /** Why this mapping cannot be used; stands beside the filter, and the form stays as it is. */
  readonly failure: Failure | null
  readonly onRetry: () => unknown
}

/** How rows become documents: the column with the text, which rows, how many of them. */
export function MappingForm({ preview, mapping, onChange, failure, onRetry }: MappingFormProps) {
  const set = (change: Partial<Mapping>) => onChange({ ...mapping, ...change })
  const hasColumns = preview.columns.length > 0
  const refusal =
    failure === null ? null : (
      <div className={styles.where}>
        <FailureNote failure={failure} onRetry={onRetry} />
      </div>
    )
  return (
    <div className={styles.mapping}>
      {preview.kind === 'rows' && hasColumns ? (
        <Select
          label="Text column"
          description="Each row becomes one document."
          searchable={preview.columns.length > 8}
          data={preview.columns.map(({ name, type }) => ({ value: name, label: `${name} (${type})` }))}
          value={mapping.textColumn}
          onChange={(textColumn) => set({ textColumn })}
        />
      ) : null}
      {preview.kind === 'cloze' ? (
        <Select
          label="Questions"
          description="1 to 100 are the forget set, the rest are for evaluation."
          data={[
            { value: 'all', label: 'All' },
            { value: 'forget', label: 'Forget set' },
            { value: 'evaluation', label: 'Evaluation' },
          ]}
          value={mapping.split}
          onChange={(split) => (split === null ? undefined : set({ split }))}
        />
      ) : null}
      {preview.kind === 'text' ? null : (
        <>
          {hasColumns ? (
            <div className={styles.where}>
              <TextInput
                label="Only rows where"
                description="A SQL condition over the columns, for instance label = 1 and length(text) > 20."
                placeholder="all rows"
                classNames={{ input: 'mono' }}
                spellCheck={false}
                error={failure === null ? undefined : true}
                value={mapping.where ?? ''}
                onChange={(event) =>
                  set({ where: event.currentTarget.value === '' ? null : event.currentTarget.value })
                }
              />
            </div>
          ) : null}
          {hasColumns ? refusal : null}
          <NumberInput
            label="Sample"
            description="Rows taken at random. Empty takes all."
            placeholder="all"
            min={1}
            allowDecimal={false}
            thousandSeparator=","
            value={mapping.sample ?? ''}
            onChange={(value) => set({ sample: typeof value === 'number' && value > 0 ? value : null })}
          />
          <NumberInput
            label="Seed"
            description="The same seed, the same sample."
            allowDecimal={false}
            disabled={mapping.sample === null}
            value={mapping.seed}
            onChange={(value) => set({ seed: typeof value === 'number' ? value : 1 })}
          />
        </>
      )}
      {hasColumns && preview.kind !== 'text' ? null : refusal}
    </div>
  )
}
