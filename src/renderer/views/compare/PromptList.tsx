import { Button, Textarea } from '@mantine/core'
import { useMemo, useState } from 'react'
import type { Prompt } from '../../../contract/workbench/runs.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { KeyHint } from '../../components/KeyHint.tsx'
import { formatCount } from '../../components/numbers.ts'
import { VirtualTable, type TableColumn } from '../../components/VirtualTable.tsx'
import { useRpc } from '../../rpc/rpc-context.tsx'
import type { Marks } from '../forget/use-marks.ts'
import { useAction } from '../neurons/use-action.ts'
import { firstLine, linesOf, mostLinesInBox, problemOfPrompt } from './prompt-lines.ts'
import styles from './compare.module.css'

/** The kept prompts: any number, one line each, and a box for new ones. */
export function PromptList({
  prompts,
  active,
  onActive,
  onGenerate,
  marks,
  changed,
  onAdded,
}: {
  prompts: readonly Prompt[]
  active: number | null
  onActive: (row: number) => void
  onGenerate: (row: number) => void
  marks: Marks
  /** Words that changed in a prompt's continuation; null when there is none. */
  changed: (id: string) => number | null
  onAdded: () => void
}) {
  const { client } = useRpc()
  const action = useAction()
  const columns = useMemo<TableColumn[]>(
    () => [
      {
        key: 'text',
        header: 'Prompt',
        width: '1fr',
        render: (row) => <span dir="auto">{firstLine(prompts[row]?.text ?? '')}</span>,
      },
      {
        key: 'changed',
        header: 'Changed',
        hint: 'Words of the original continuation that changed',
        width: 72,
        align: 'right',
        render: (row) => {
          const words = changed(prompts[row]?.id ?? '')
          return words === null ? '' : formatCount(words)
        },
      },
    ],
    [prompts, changed],
  )
  const remove = (ids: readonly string[]) =>
    void action.run(async () => {
      await client.compare.removePrompts({ ids: [...ids] })
      marks.clear()
    })
  const activeId = active === null ? null : (prompts[active]?.id ?? null)
  return (
    <div className={styles.prompts}>
      <div className={styles.promptHead}>
        <span role="status">
          {marks.ids.length > 0
            ? `${formatCount(marks.ids.length)} marked`
            : `${formatCount(prompts.length)} ${prompts.length === 1 ? 'prompt' : 'prompts'}`}
        </span>
        <Button
          size="compact-sm"
          variant="subtle"
          color="gray"
          disabled={activeId === null && marks.ids.length === 0}
          onClick={() => remove(marks.ids.length > 0 ? marks.ids : activeId === null ? [] : [activeId])}
        >
          {marks.ids.length > 0 ? `Remove ${formatCount(marks.ids.length)}` : 'Remove'}
        </Button>
      </div>
      <div className={styles.promptList}>
        <VirtualTable
          label="Prompts"
          rowCount={prompts.length}
          rowKey={(row) => prompts[row]?.id ?? row}
          columns={columns}
          active={active}
          onActive={onActive}
          onOpen={onGenerate}
          selection={marks}
          onKey={(event) => {
            if (event.key !== 'Delete' || activeId === null) return
            event.preventDefault()
            remove(marks.ids.length > 0 ? marks.ids : [activeId])
          }}
          empty={<p className={styles.hint}>No prompt yet: write one below.</p>}
        />
      </div>
      <AddPrompts onAdded={onAdded} />
      {action.failure && <FailureNote failure={action.failure} onRetry={action.retry} onDismiss={action.clear} />}
    </div>
  )
}

/** A box for one prompt, or for many: one on each line when that is wanted. A long paste is held beside it. */
function AddPrompts({ onAdded }: { onAdded: () => void }) {
  const { client } = useRpc()
  const action = useAction()
  const [text, setText] = useState('')
  const [pasted, setPasted] = useState<readonly string[] | null>(null)
  const lines = useMemo(() => linesOf(text), [text])
  const problem = problemOfPrompt(text)
  const longLine = (pasted ?? []).find((line) => problemOfPrompt(line) !== null)
  const pastedProblem = longLine === undefined ? null : problemOfPrompt(longLine)
  const add = async (texts: readonly string[], done: () => void) => {
    if (texts.length === 0) return
    await action.run(async () => {
      for (let from = 0; from < texts.length; from += 10_000) {
        await client.compare.addPrompts({ texts: texts.slice(from, from + 10_000) })
      }
      done()
      onAdded()
    })
  }
  const addText = (texts: readonly string[]) => {
    if (problem === null || texts.length > 1) void add(texts, () => setText(''))
  }
  return (
    <div className={styles.addBox}>
      <Textarea
        aria-label="New prompt"
        placeholder="New prompt"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onPaste={(event) => {
          const found = linesOf(event.clipboardData.getData('text'))
          if (found.length <= mostLinesInBox) return
          event.preventDefault()
          setPasted(found)
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
            event.preventDefault()
            addText(text.trim() === '' ? [] : [text])
          }
        }}
        error={problem}
        rows={2}
        styles={{ input: { maxHeight: 96, overflow: 'auto' } }}
      />
      {action.failure && <FailureNote failure={action.failure} onRetry={action.retry} />}
      {pasted && (
        <div className={styles.pasted} role="status">
          <span>{pastedProblem ?? `${formatCount(pasted.length)} lines pasted`}</span>
          <Button
            size="compact-sm"
            loading={action.busy}
            disabled={pastedProblem !== null}
            onClick={() => void add(pasted, () => setPasted(null))}
          >
            Add {formatCount(pasted.length)}, one per line
          </Button>
          <Button size="compact-sm" variant="default" disabled={action.busy} onClick={() => setPasted(null)}>
            Discard
          </Button>
        </div>
      )}
      <div className={styles.addFoot}>
        <span>
          <KeyHint shortcut="mod+enter" /> adds
        </span>
        {lines.length > 1 && (
          <Button
            size="compact-sm"
            variant="default"
            loading={action.busy}
            disabled={lines.some((line) => problemOfPrompt(line) !== null)}
            onClick={() => addText(lines)}
          >
            Add {formatCount(lines.length)}, one per line
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="default"
          loading={action.busy}
          disabled={text.trim() === '' || problem !== null}
          onClick={() => addText([text])}
        >
          Add prompt
        </Button>
      </div>
    </div>
  )
}
