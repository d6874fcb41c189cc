import { Button, Modal } from '@mantine/core'
import { useState } from 'react'
import { useCommand } from '../../app/commands.ts'
import { navigate } from '../../app/route.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { Curves } from './Curves.tsx'
import { MeasureForm } from './MeasureForm.tsx'
import { Measures } from './Measures.tsx'
import { PlanSelect, useChosenPlan } from './plan-choice.tsx'
import { SideBySide } from './SideBySide.tsx'
import shapes from '../../components/shapes.module.css'
import styles from './compare.module.css'

/** The original beside the unlearned model: measures, curves, the trade-off plane, and what both write. */
export function View() {
  const chosen = useChosenPlan()
  const [measuring, setMeasuring] = useState(false)
  useCommand({
    id: 'action.measure',
    title: 'Measure the plan fully',
    group: 'Compare',
    enabled: chosen.plan !== null,
    run: () => setMeasuring(true),
  })
  return (
    <div className={shapes.scrolled}>
      <div className={styles.bar}>
        <h1>Compare</h1>
        <PlanSelect chosen={chosen} />
        <span className={styles.push} />
        {chosen.plan === null ? (
          <Button variant="default" onClick={() => navigate('prune')}>
            Choose a cut
          </Button>
        ) : (
          <Button onClick={() => setMeasuring(true)}>Measure fully</Button>
        )}
      </div>
      {chosen.error !== null && chosen.error !== undefined && <FailureNote failure={failureOf(chosen.error)} />}
      <Measures chosen={chosen} />
      <Curves />
      <SideBySide chosen={chosen} />
      <Modal opened={measuring} onClose={() => setMeasuring(false)} title="Measure fully" size={480}>
        {chosen.plan && <MeasureForm plan={chosen.plan} title={chosen.title} onStarted={() => setMeasuring(false)} />}
      </Modal>
    </div>
  )
}
