import { Button } from '@mantine/core'
import type { ExportInfo } from '../../../contract/workbench/exports.ts'
import { notifyFailure } from '../../app/notify.ts'
import { useAppInfo } from '../../app/use-workbench.ts'
import { CopyButton } from '../../components/CopyButton.tsx'
import { Icon } from '../../components/Icon.tsx'
import { formatBytes, formatCount, formatTime } from '../../components/numbers.ts'
import { Section } from '../../components/Section.tsx'
import { failureOf } from '../../rpc/failure-of.ts'
import { useRpc } from '../../rpc/rpc-context.tsx'
import { sizeChange } from './ExportForm.tsx'
import { sizesOf } from './export-sizes.ts'
import { formatNames } from './FormatChoice.tsx'
import { ProofTables } from './ProofTables.tsx'
import shapes from '../../components/shapes.module.css'
import styles from './export.module.css'

const realisations = {
  compact: 'Compact: the pruned neurons are cut out of the matrices',
  zeroed: 'Zeroed: the outgoing weights of the pruned neurons are zero',
} as const

/** What was written, and what its reload showed. */
export function Receipt({ info }: { info: ExportInfo }) {
  const { client } = useRpc()
  const shows = useAppInfo()?.showsFolders === true
  const { model, beside } = sizesOf(info.files)
  const { passed } = info.verification
  const thing = info.format === 'onnx' ? 'file' : 'folder'
  const show = async () => {
    try {
      await client.files.show({ what: 'export', id: info.id })
    } catch (error) {
      notifyFailure(failureOf(error))
    }
  }
  return (
    <>
      <Section
        title={`Receipt: ${info.name}`}
        note={formatTime(info.at)}
        actions={
          <>
            {shows && (
              <Button variant="default" onClick={() => void show()}>
                Show the folder
              </Button>
            )}
            <CopyButton text={info.folder} label="Copy the path" wide />
          </>
        }
      >
        <dl className={styles.facts}>
          <dt>Removed</dt>
          <dd>
            {formatCount(info.neurons)} neurons: {info.title}
            {info.replacement === 'mean' && '; each stays at its mean over the recording'}
          </dd>
          <dt>Written as</dt>
          <dd>
            {formatNames[info.format]}. {realisations[info.realisation]}
          </dd>
          <dt>Size</dt>
          <dd>
            {formatBytes(info.originalBytes)} before, {formatBytes(model)} after (
            {sizeChange(info.originalBytes, model)})
            {beside > 0 && `; tokenizer and configuration ${formatBytes(beside)}`}
          </dd>
          <dt>Folder</dt>
          <dd className="mono">{info.folder}</dd>
        </dl>
      </Section>
      <Section title="Verification">
        <p className={styles.verified} data-passed={passed}>
          <Icon name={passed ? 'check' : 'warning'} />
          {passed
            ? `Verified: the written ${thing} was loaded again and equals what was shown here`
            : `Not verified: the written ${thing} differs from what was shown here`}
        </p>
        <ProofTables info={info} />
      </Section>
      <Section title="Files">
        <table className={`${shapes.lined} ${styles.files}`}>
          <caption className="visually-hidden">Files written</caption>
          <thead>
            <tr>
              <th scope="col">File</th>
              <th scope="col" data-number>
                Size
              </th>
              <th scope="col">SHA-256</th>
              <th scope="col">
                <span className="visually-hidden">Copy</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {info.files.map((file) => (
              <tr key={file.name}>
                <th scope="row">{file.name}</th>
                <td data-number>{formatBytes(file.bytes)}</td>
                <td className={styles.hash} title={file.sha256}>
                  {file.sha256.slice(0, 16)}…
                </td>
                <td>
                  <CopyButton text={file.sha256} label={`Copy the SHA-256 of ${file.name}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Section>
      <Section
        title="Manifest"
        fold="export-manifest"
        actions={<CopyButton text={info.manifest} label="Copy the manifest" wide />}
      >
        <pre className={styles.manifest} tabIndex={0} aria-label="Manifest">
          {info.manifest}
        </pre>
      </Section>
    </>
  )
}
