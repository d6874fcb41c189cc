import type { ConceptSide } from '../../../contract/workbench/forget-concepts.ts'
import { Section } from '../../components/Section.tsx'
import { WriteTable } from '../neurons/WriteTable.tsx'
import { ImportLists } from './ImportLists.tsx'

const lists = [{ value: 'forget-and-protected', label: 'Concepts to forget and to protect' }] as const

/** Those that are read again. */
const formats = [
  { value: 'csv', label: 'CSV, for spreadsheets' },
  { value: 'jsonl', label: 'JSON Lines' },
] as const

/** Concepts to forget and to protect, handed over as a file. */
export function ExchangeLists({ side, onTaken }: { side: ConceptSide; onTaken: () => void }) {
  return (
    <>
      <Section title="A list from a file" level={3}>
        <ImportLists side={side} onTaken={onTaken} />
      </Section>
      <Section title="Both lists as a file" level={3}>
        <WriteTable tables={lists} formats={formats} button="Write both lists" />
      </Section>
    </>
  )
}
