import { useRecentModels } from '../../app/use-recent-models.ts'
import { RecentEntries } from '../../components/RecentEntries.tsx'
import { Section } from '../../components/Section.tsx'

/** Other models that were in use before; nothing when there is none. */
export function RecentModels({ current }: { current: string | null }) {
  const { entries, open, forget } = useRecentModels()
  const others = entries.filter(({ path }) => path !== current)
  if (others.length === 0) return null
  return (
    <Section title="Recent models">
      <RecentEntries entries={others} gone="It is no longer there" onOpen={open} onForget={forget} />
    </Section>
  )
}
