import { Fragment, memo, useMemo } from 'react'
import { wordGroups } from './word-groups.ts'
import shapes from './shapes.module.css'
import styles from './WordDiff.module.css'

/** Which of two texts is shown. */
export type DiffSide = 'original' | 'unlearned'

/**
 * One of two texts, with the words that the other does not have marked: struck through in the original, underlined in the
 * unlearned. Screen readers are told where a change begins and ends.
 */
export const WordDiff = memo(function WordDiff({
  original,
  unlearned,
  side,
  prompt = '',
}: {
  original: string
  unlearned: string
  side: DiffSide
  /** Text before both, shown in lighter ink. */
  prompt?: string
}) {
  const { groups } = useMemo(() => wordGroups(original, unlearned), [original, unlearned])
  return (
    <div className={`${shapes.running} ${styles.column}`} dir="auto" data-side={side}>
      {prompt !== '' && <span className={styles.prompt}>{prompt}</span>}
      {groups.map((group, index) => {
        const text = group[side]
        if (text === '') return null
        if (group.same) return <span key={index}>{text}</span>
        // Indentation and line ends around a change are not marked themselves.
        const [, before = '', changed = '', after = ''] = /^(\s*)([\s\S]*?)(\s*)$/.exec(text) ?? []
        return (
          <Fragment key={index}>
            {before}
            {changed !== '' &&
              (side === 'original' ? (
                <del className={styles.was}>{changed}</del>
              ) : (
                <ins className={styles.became}>{changed}</ins>
              ))}
            {after}
          </Fragment>
        )
      })}
    </div>
  )
})
