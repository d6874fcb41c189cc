import { Button, NumberInput, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useMemo, useRef, useState } from 'react'
import type { Prompt } from '../../../contract/workbench/runs.ts'
import { useCommand } from '../../app/commands.ts'
import { FailureNote } from '../../components/FailureNote.tsx'
import { formatCount } from '../../components/numbers.ts'
import { ProgressLine } from '../../components/ProgressLine.tsx'
import { Section } from '../../components/Section.tsx'
import { WordDiff } from '../../components/WordDiff.tsx'
import { wordGroups } from '../../components/word-groups.ts'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { useMarks } from '../forget/use-marks.ts'
import { Differences } from './Differences.tsx'
import type { ChosenPlan } from './plan-choice.tsx'
import { shownPrompt } from './prompt-lines.ts'
import { PromptList } from './PromptList.tsx'
import { SideColumns } from './SideColumns.tsx'
import { type Generation, type GenerationSettings, useGenerations } from './use-generations.ts'
import shapes from '../../components/shapes.module.css'
import styles from './compare.module.css'

type Show = 'words' | 'logprobs' | 'plain'

const none: readonly Prompt[] = []

/** Prompts, and what both models make of them: the same settings and seed, side by side as the tokens come. */
export function SideBySide({ chosen }: { chosen: ChosenPlan }) {
  const { orpc } = useRpc()
  const query = useQuery(orpc.compare.prompts.queryOptions())
  const prompts = query.data ?? none
  const ids = useMemo(() => prompts.map((prompt) => prompt.id), [prompts])
  const marks = useMarks(ids)
  const [wanted, setWanted] = useState<string | null>(null)
  const [show, setShow] = useState<Show>('words')
  const [settings, setSettings] = useState<GenerationSettings>({ maxNewTokens: 40, temperature: 0, seed: 1 })
  const generations = useGenerations()
  // A new prompt is shown as soon as the list has it.
  const [wantsNewest, setWantsNewest] = useState(false)
  const [known, setKnown] = useState(prompts.length)
  if (prompts.length !== known) {
    setKnown(prompts.length)
    if (wantsNewest && prompts.length > known) {
      setWanted(ids.at(-1) ?? null)
      setWantsNewest(false)
    }
  }
  const found = wanted === null ? -1 : ids.indexOf(wanted)
  const active = prompts.length === 0 ? null : Math.max(0, found)
  const prompt = active === null ? null : (prompts[active] ?? null)
  const generation = prompt ? generations.of(prompt.id) : null
  const madeWith = JSON.stringify([chosen.plan, settings])
  const several = marks.ids.length

  const generate = (chosenPrompts: readonly Prompt[]) => {
    if (chosen.plan) generations.generate(chosenPrompts, chosen.plan, settings, madeWith)
  }
  const generateNow = () => {
    const marked = new Set(marks.ids)
    generate(several > 0 ? prompts.filter((one) => marked.has(one.id)) : prompt ? [prompt] : [])
  }
  useCommand({
    id: 'compare.generate',
    title: 'Generate side by side',
    shortcut: 'mod+enter',
    group: 'Compare',
    enabled: chosen.plan !== null && prompt !== null,
    run: generateNow,
  })
  const changedWords = useChangedWords()
  const changed = (id: string) => {
    const of = generations.of(id)
    return of?.state === 'done' || of?.state === 'stopped' ? changedWords(of) : null
  }
  return (
    <Section title="Side by side" note="the same prompt, settings and seed for both models">
      {query.error && <FailureNote failure={failureOf(query.error)} onRetry={() => query.refetch()} />}
      <div className={styles.texts}>
        <PromptList
          prompts={prompts}
          active={active}
          onActive={(row) => setWanted(prompts[row]?.id ?? null)}
          onGenerate={(row) => {
            const one = prompts[row]
            if (one) generate([one])
          }}
          marks={marks}
          changed={changed}
          onAdded={() => setWantsNewest(true)}
        />
        <div className={styles.stage}>
          <div className={styles.stageHead}>
            <NumberBox
              label="Tokens"
              value={settings.maxNewTokens}
              width={64}
              min={1}
              onChange={(maxNewTokens) => setSettings({ ...settings, maxNewTokens })}
            />
            <NumberBox
              label="Temperature"
              value={settings.temperature}
              width={56}
              min={0}
              decimals
              onChange={(temperature) => setSettings({ ...settings, temperature })}
            />
            <NumberBox
              label="Seed"
              value={settings.seed}
              width={64}
              onChange={(seed) => setSettings({ ...settings, seed })}
            />
            {generations.busy ? (
              <Button variant="default" onClick={generations.stop}>
                Stop
              </Button>
            ) : (
              <Button disabled={chosen.plan === null || (prompt === null && several === 0)} onClick={generateNow}>
                {several > 0 ? `Generate ${formatCount(several)} side by side` : 'Generate side by side'}
              </Button>
            )}
            <span className={styles.push} />
            <SegmentedControl
              aria-label="What is marked"
              value={show}
              onChange={(next) => setShow(next)}
              data={[
                { value: 'words', label: 'Words' },
                { value: 'logprobs', label: 'Log-probabilities' },
                { value: 'plain', label: 'Plain' },
              ]}
            />
          </div>
          {generations.busy && generations.total > 1 && (
            <div className={styles.stageFoot}>
              <ProgressLine label="Prompts" done={generations.done} total={generations.total} />
            </div>
          )}
          {generation?.failure && (
            <FailureNote failure={generation.failure} onRetry={() => prompt && generate([prompt])} />
          )}
          {prompt === null ? (
            <p className={styles.hint}>Write a prompt at the left to see what both models make of it.</p>
          ) : show === 'logprobs' ? (
            <Differences
              key={prompt.id}
              prompt={prompt.text}
              generation={generation?.state === 'writing' ? null : generation}
              plan={chosen.plan}
            />
          ) : (
            <Texts
              prompt={prompt.text}
              generation={generation}
              show={show}
              current={generation === null || generation.madeWith === madeWith}
            />
          )}
        </div>
      </div>
    </Section>
  )
}

/** Changed words by generation, counted once each. */
function useChangedWords(): (generation: Generation) => number {
  const known = useRef(new WeakMap<Generation, number>())
  return useCallback((generation) => {
    const held = known.current.get(generation)
    if (held !== undefined) return held
    const count = wordGroups(generation.original, generation.unlearned).changedOriginal
    known.current.set(generation, count)
    return count
  }, [])
}

function NumberBox({
  label,
  value,
  width,
  min,
  decimals = false,
  onChange,
}: {
  label: string
  value: number
  width: number
  min?: number
  decimals?: boolean
  onChange: (value: number) => void
}) {
  return (
    <label className={shapes.labelled}>
      {label}
      <NumberInput
        value={value}
        onChange={(next) => {
          if (typeof next === 'number') onChange(next)
        }}
        hideControls
        allowDecimal={decimals}
        {...(min === undefined ? {} : { min })}
        w={width}
      />
    </label>
  )
}

function Texts({
  prompt,
  generation,
  show,
  current,
}: {
  prompt: string
  generation: Generation | null
  show: Show
  current: boolean
}) {
  const before = shownPrompt(prompt)
  const writing = generation?.state === 'writing'
  const marked = show === 'words' && generation !== null && !writing
  const original = generation?.original ?? ''
  const unlearned = generation?.unlearned ?? ''
  const difference = useMemo(() => (marked ? wordGroups(original, unlearned) : null), [marked, original, unlearned])
  return (
    <>
      <SideColumns
        original={original}
        unlearned={unlearned}
        left={
          marked ? (
            <WordDiff original={original} unlearned={unlearned} side="original" prompt={before} />
          ) : (
            <Plain prompt={before} text={original} writing={writing} />
          )
        }
        right={
          marked ? (
            <WordDiff original={original} unlearned={unlearned} side="unlearned" prompt={before} />
          ) : (
            <Plain prompt={before} text={unlearned} writing={writing} />
          )
        }
      />
      <div className={styles.stageFoot} role="status">
        {generation === null && 'Not generated yet.'}
        {writing && 'Writing'}
        {generation?.state === 'stopped' && 'Stopped. '}
        {difference &&
          (difference.complete
            ? difference.changedOriginal + difference.changedUnlearned === 0
              ? 'Both wrote the same words.'
              : `${formatCount(difference.changedOriginal)} words of the original became ${formatCount(difference.changedUnlearned)}.`
            : 'The texts differ too much to compare them word by word.')}
        {!current && ' Made with other settings or another plan.'}
      </div>
    </>
  )
}

function Plain({ prompt, text, writing }: { prompt: string; text: string; writing: boolean }) {
  return (
    <div className={shapes.running} dir="auto" aria-busy={writing}>
      <span className={styles.promptText}>{prompt}</span>
      {text}
    </div>
  )
}
