import { Button } from '@mantine/core'
import type { ModelState } from '../../../contract/workbench/model.ts'
import { useSay } from '../../app/status.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useAction } from '../neurons/use-action.ts'
import { FactsTable } from './FactsTable.tsx'
import { MemoryTable } from './MemoryTable.tsx'
import { Playground } from './Playground.tsx'
import { ProviderNote } from './ProviderNote.tsx'
import { RecentModels } from './RecentModels.tsx'
import styles from './model.module.css'

/** The model of the workspace: facts on the left, a place to try it on the right. */
export function CurrentModel({ model, onOther }: { model: ModelState; onOther: () => unknown }) {
  const { client } = useRpc()
  const say = useSay()
  const action = useAction()

  async function unload() {
    if (await action.run(() => client.model.unload())) say(`Unloaded ${model.name}. Its next use loads it again.`)
  }

  return (
    <div className={styles.view}>
      <header className={styles.head}>
        <h1>
          <bdi>{model.name}</bdi>
        </h1>
        <span className={styles.soft}>{model.loaded ? 'loaded' : 'not loaded: the next use loads it'}</span>
        <span className={styles.gap} />
        <Button variant="default" onClick={() => void onOther()}>
          Open another model…
        </Button>
        <Button
          variant="default"
          disabled={!model.loaded}
          loading={action.busy}
          onClick={() => void unload()}
          title="Frees the engine's memory; the next use loads the model again"
        >
          Unload
        </Button>
      </header>
      {model.problem === null ? null : (
        <div className={styles.pad}>
          <FailureNote failure={{ message: model.problem }}>
            <Button variant="default" onClick={() => void onOther()}>
              Open a model…
            </Button>
          </FailureNote>
        </div>
      )}
      {action.failure ? (
        <div className={styles.pad}>
          <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />
        </div>
      ) : null}
      <div className={styles.columns}>
        <div className={styles.column}>
          {model.card === null && model.problem === null ? (
            <div className={styles.pad}>
              <ProgressLine label="Reading the model" />
            </div>
          ) : null}
          {model.card === null ? null : (
            <>
              <Section title="Facts">
                <FactsTable card={model.card} path={model.path} modelHash={model.modelHash} />
              </Section>
              <Section title="Where it runs">
                <ProviderNote provider={model.card.provider} />
              </Section>
            </>
          )}
          {model.memory === null ? null : (
            <Section title="Memory">
              <MemoryTable memory={model.memory} />
            </Section>
          )}
          <RecentModels current={model.path} />
        </div>
        <div className={styles.column}>
          {model.card !== null && model.card.objective !== 'causal' ? (
            <Section title="Try it">
              <p className={styles.soft}>
                {model.card.objective === 'image'
                  ? 'Image models are measured by the command line: snip evaluate MODEL --metric image-top1 --data FOLDER.'
                  : 'This model fills in masked tokens and continues no text: measure it with snip evaluate MODEL --metric masked-lm.'}
              </p>
            </Section>
          ) : (
            <Section title="Try it" note="the unpruned model continues your text">
              <Playground isUsable={model.problem === null} contextLength={model.card?.contextLength ?? null} />
            </Section>
          )}
        </div>
      </div>
    </div>
  )
}
