import styles from './start.module.css'

/** One of the large choices of the start. */
export function Choice({
  title,
  text,
  run,
  disabled,
  main = false,
}: {
  title: string
  text: string
  run: () => unknown
  disabled: boolean
  main?: boolean
}) {
  return (
    <button
      type="button"
      className={styles.choice}
      data-main={main || undefined}
      disabled={disabled}
      onClick={() => void run()}
    >
      <span className={styles.choiceTitle}>{title}</span>
      <span className={styles.choiceText}>{text}</span>
    </button>
  )
}
