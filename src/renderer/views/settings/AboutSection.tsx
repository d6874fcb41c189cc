import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Failure } from '../../../contract/failure.ts'
import { useAppInfo, useWorkspace } from '../../app/use-workbench.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { FailureNote } from '../../components/FailureNote.tsx'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { Row } from './Row.tsx'
import styles from './settings.module.css'

const doors = { desktop: 'Desktop', browser: 'Browser', 'command-line': 'Command line' } as const

/** Where data lie, which version this is, and the diagnostics. */
export function AboutSection() {
  const { client } = useRpc()
  const info = useAppInfo()
  const workspace = useWorkspace()
  const [failure, setFailure] = useState<Failure | null>(null)
  const show = async () => {
    setFailure(null)
    try {
      await client.files.show({ what: 'workspace', id: null })
    } catch (error) {
      setFailure(failureOf(error))
    }
  }
  return (
    <Section title="Data and version">
      <Row label="Workspace" labels="workspace-place">
        {workspace.data ? (
          <Place path={workspace.data.path} label="Copy the path of the workspace">
            {info?.showsFolders === true && (
              <Button variant="default" onClick={() => void show()}>
                Show the folder
              </Button>
            )}
          </Place>
        ) : (
          <span className={styles.note}>None is open.</span>
        )}
        {failure && <FailureNote failure={failure} />}
      </Row>
      <Row label="Settings and caches" labels="data-place">
        {info && <Place path={info.dataFolder} label="Copy the path of the settings" />}
      </Row>
      <Row label="Version" labels="version">
        {info && (
          <span>
            {info.version}, {doors[info.door]}, {info.platform}
          </span>
        )}
      </Row>
      <Row
        label="Diagnostics"
        labels="diagnostics"
        note="Versions, settings, the state of the workspace and the last log lines. Paths and secrets are left out."
      >
        <CopyButton text={async () => (await client.app.diagnostics()).text} label="Copy diagnostics" wide />
      </Row>
    </Section>
  )
}

function Place({ path, label, children }: { path: string; label: string; children?: ReactNode }) {
  return (
    <span className={styles.place}>
      <span className="mono">{path}</span>
      <CopyButton text={path} label={label} />
      {children}
    </span>
  )
}
