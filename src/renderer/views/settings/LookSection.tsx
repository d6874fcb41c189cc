import { SegmentedControl, Slider, Switch } from '@mantine/core'
import { useState } from 'react'
import { useSettings } from '../../app/use-workbench.ts'
import { Section } from '../../components/Section.tsx'
import { Row } from './Row.tsx'

const themes = [
  { value: 'light', label: 'Light' },
  { value: 'dark', label: 'Dark' },
  { value: 'system', label: 'As the system' },
]

const marks = [100, 125, 150, 175, 200].map((value) => ({ value, label: `${value} %` }))

/** Theme, zoom and hints. */
export function LookSection() {
  const { settings, change } = useSettings()
  const [zoom, setZoom] = useState<number | null>(null)
  return (
    <Section title="Look">
      <Row label="Theme" labels="theme">
        <SegmentedControl
          aria-labelledby="theme"
          data={themes}
          value={settings.theme}
          onChange={(theme) => void change({ theme: theme as typeof settings.theme })}
        />
      </Row>
      <Row label="Zoom" labels="zoom" note="Ctrl or Cmd with plus, minus and 0 does the same.">
        <Slider
          thumbLabel="Zoom in per cent"
          w={320}
          mb={20}
          size={4}
          min={90}
          max={200}
          step={5}
          marks={marks}
          label={(percent) => `${percent} %`}
          value={zoom ?? settings.zoomPercent}
          onChange={setZoom}
          onChangeEnd={(zoomPercent) => {
            setZoom(null)
            void change({ zoomPercent })
          }}
        />
      </Row>
      <Row label="Hints" labels="hints" note="The line under the bar that names the next step.">
        <Switch
          aria-labelledby="hints"
          checked={!settings.coachDismissed}
          onChange={(event) => void change({ coachDismissed: !event.currentTarget.checked })}
        />
      </Row>
    </Section>
  )
}
