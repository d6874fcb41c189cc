import { Switch } from '@mantine/core'
import { ShortcutList } from '../../app/ShortcutList.tsx'
import { useSettings } from '../../app/use-workbench.ts'
import { Section } from '../../components/Section.tsx'
import { Row } from './Row.tsx'
import styles from './settings.module.css'

/** Shortcuts as a whole on or off, and which there are. */
export function ShortcutSection() {
  const { settings, change } = useSettings()
  return (
    <Section title="Shortcuts">
      <Row
        label="Use shortcuts"
        labels="use-shortcuts"
        note="Off, every key goes to the browser and to assistive technology; all commands stay in the palette."
      >
        <Switch
          aria-labelledby="use-shortcuts"
          checked={settings.shortcuts}
          onChange={(event) => void change({ shortcuts: event.currentTarget.checked })}
        />
      </Row>
      <div className={styles.shortcuts} data-off={!settings.shortcuts || undefined}>
        <ShortcutList />
      </div>
    </Section>
  )
}
