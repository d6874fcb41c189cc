import { ViewSkeleton } from '../../app/ViewSkeleton.tsx'
import { useSettings } from '../../app/use-workbench.ts'
import { EngineSection } from './EngineSection.tsx'
import { LanguageModelSection } from './LanguageModelSection.tsx'
import { LedgerSection } from './LedgerSection.tsx'
import { LookSection } from './LookSection.tsx'
import { PriceSection } from './PriceSection.tsx'
import { ShortcutSection } from './ShortcutSection.tsx'
import { AboutSection } from './AboutSection.tsx'
import { AnswersSection } from './AnswersSection.tsx'
import styles from './settings.module.css'

/** What is set once for all workspaces. Every change holds at once. */
export function View() {
  const { known } = useSettings()
  if (!known) return <ViewSkeleton title="Settings" />
  return (
    <div className={styles.settings}>
      <h1 className={styles.title}>Settings</h1>
      <LookSection />
      <EngineSection />
      <LanguageModelSection />
      <PriceSection />
      <AnswersSection />
      <LedgerSection />
      <ShortcutSection />
      <AboutSection />
    </div>
  )
}
