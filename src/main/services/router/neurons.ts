import { implement } from '@orpc/server'
import { workbenchContract } from '../../../contract/workbench/index.ts'
import { editConcept, pinNeurons, reviewConcepts, revertConcept } from '../neurons/concept-edits.ts'
import { neuronHistory } from '../neurons/neuron-history.ts'
import { NeuronPages } from '../neurons/neuron-pages.ts'
import type { NeuronTables } from '../neurons/neuron-tables.ts'
import { testText } from '../neurons/test-text.ts'
import type { WorkbenchSession } from '../session/session.ts'
import { signalOf } from '../task.ts'
import { handleFor } from './failures.ts'

export function neuronsRouter(session: WorkbenchSession, tables: NeuronTables) {
  const host = implement(workbenchContract.neurons).use(handleFor(session))
  const pages = new NeuronPages(session, tables)
  return {
    table: host.table.handler(async () => {
      const table = await tables.table()
      if (table !== null) pages.warmUp()
      return table
    }),
    page: host.page.handler(({ input, signal }) => pages.page(input.neuron, signalOf(signal))),
    testText: host.testText.handler(({ input, signal }) => testText(session, tables, input, signalOf(signal))),
    editConcept: host.editConcept.handler(async ({ input }) => {
      await editConcept(session, input.neuron, input.text)
      return null
    }),
    revertConcept: host.revertConcept.handler(async ({ input }) => {
      await revertConcept(session, tables, input.neuron)
      return null
    }),
    review: host.review.handler(async ({ input }) => {
      await reviewConcepts(session, tables, input.neurons, input.status)
      return null
    }),
    pin: host.pin.handler(async ({ input }) => {
      await pinNeurons(session, input.neurons, input.pin)
      return null
    }),
    history: host.history.handler(({ input }) => neuronHistory(session, tables, input.neuron)),
  }
}
