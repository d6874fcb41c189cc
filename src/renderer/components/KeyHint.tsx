import { isMac } from '../app/is-mac.ts'
import { keyNames } from '../app/shortcut.ts'
import styles from './components.module.css'

/** The keys of a shortcut (`mod+k`) as small caps; read out as words. */
export function KeyHint({ shortcut }: { shortcut: string }) {
  return (
    <span className={styles.keys}>
      {keyNames(shortcut, isMac()).map((name) => (
        <kbd className={styles.key} key={name}>
          {name}
        </kbd>
      ))}
    </span>
  )
}
