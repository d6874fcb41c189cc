import { useEngineEvents, type EngineEvent } from '../../app/engine-events.ts'
import { Icon, type IconName } from '../../components/Icon.tsx'
import { formatTime } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import styles from './jobs.module.css'

const states: Readonly<Record<EngineEvent['state'], { icon: IconName; word: string }>> = {
  started: { icon: 'done', word: 'Started' },
  died: { icon: 'bolt', word: 'Stopped' },
  restarted: { icon: 'refresh', word: 'Started again' },
}

/** What befell the engine since this window was opened. */
export function EngineEventList() {
  const events = useEngineEvents()
  if (events.length === 0) return null
  return (
    <Section title="Engine" note="since this window was opened">
      <ul className={styles.list}>
        {events.map(({ at, state, message }, index) => (
          <li className={styles.event} key={`${at}-${events.length - index}`}>
            <span className={styles.state}>
              <Icon name={states[state].icon} size={14} />
              {states[state].word}
            </span>
            <span>{message}</span>
            <span className={styles.time}>{formatTime(at)}</span>
          </li>
        ))}
      </ul>
    </Section>
  )
}
