import { Section } from '../../components/Section.tsx'
import { ImportConcepts } from './ImportConcepts.tsx'
import { ImportPlan } from './ImportPlan.tsx'
import { WriteTable } from './WriteTable.tsx'

/** What comes from other programs and goes to them. */
export function ExchangeForm() {
  return (
    <>
      <Section title="Concepts of another program" level={3}>
        <ImportConcepts />
      </Section>
      <Section title="A choice of neurons of another program" level={3}>
        <ImportPlan />
      </Section>
      <Section title="A table for another program" level={3}>
        <WriteTable />
      </Section>
    </>
  )
}
