import { Component, type ReactNode } from 'react'
import { FailureNote } from '../components/FailureNote.tsx'
import styles from './Shell.module.css'

/** Keeps a fault of one view inside it: the frame stays, and the view can be drawn again. */
export class ViewBoundary extends Component<{ title: string; children: ReactNode }, { fault: Error | null }> {
  override state: { fault: Error | null } = { fault: null }

  static getDerivedStateFromError(fault: unknown): { fault: Error } {
    return { fault: fault instanceof Error ? fault : new Error(String(fault)) }
  }

  override render() {
    const { fault } = this.state
    if (!fault) return this.props.children
    return (
      <div className={styles.fault}>
        <h1>{this.props.title}</h1>
        <FailureNote
          failure={{
            message: `The view "${this.props.title}" could not be drawn.`,
            remedy: 'Nothing is lost. Try again; if it happens again, copy the diagnostics from the settings.',
            detail: fault.stack ?? fault.message,
          }}
          onRetry={() => this.setState({ fault: null })}
        />
      </div>
    )
  }
}
