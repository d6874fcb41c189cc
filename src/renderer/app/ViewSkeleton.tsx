import styles from './Shell.module.css'

/** The shape of a view while its code or its data is on the way. */
export function ViewSkeleton({ title }: { title: string }) {
  return (
    <div className={styles.skeleton} aria-busy="true">
      <h1 className="visually-hidden">{title}</h1>
      {[38, 72, 64, 70, 52].map((width) => (
        <div className={styles.skeletonLine} style={{ width: `${width}%` }} key={width} />
      ))}
    </div>
  )
}
