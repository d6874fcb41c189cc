import { useEffect, useState } from 'react'
import { Icon } from './Icon.tsx'
import styles from './components.module.css'

/** Copies a text and says so. `label` names what is copied: "Copy the model hash". With `wide` the label is shown. */
export function CopyButton({
  text,
  label,
  wide = false,
}: {
  text: string | (() => string | Promise<string>)
  label: string
  wide?: boolean
}) {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = window.setTimeout(() => setState('idle'), 1500)
    return () => window.clearTimeout(timer)
  }, [state])

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === 'string' ? text : await text())
      setState('copied')
    } catch {
      setState('refused')
    }
  }
  const said = state === 'copied' ? 'Copied' : state === 'refused' ? 'The browser refused to copy' : label
  return (
    <button
      type="button"
      className={wide ? `${styles.copy} ${styles.copyWide}` : styles.copy}
      aria-label={wide ? undefined : said}
      title={said}
      onClick={() => void copy()}
    >
      <Icon name={state === 'copied' ? 'check' : state === 'refused' ? 'warning' : 'copy'} size={14} />
      {wide && said}
      <span className="visually-hidden" role="status">
        {state === 'idle' ? '' : said}
      </span>
    </button>
  )
}
