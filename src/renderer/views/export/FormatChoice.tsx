import { Radio } from '@mantine/core'
import type { ExportFormat } from '../../../contract/engine-host.ts'
import styles from './export.module.css'

/** Short names of the formats, as lists and receipts show them. */
export const formatNames: Readonly<Record<ExportFormat, string>> = {
  onnx: 'ONNX file',
  'onnx-folder': 'Folder for transformers.js and Optimum',
  checkpoint: 'safetensors checkpoint',
}

const descriptions: Readonly<Record<ExportFormat, string>> = {
  onnx: 'One file that ONNX Runtime opens anywhere: tokens in, logits out.',
  'onnx-folder': 'The model with its key-value cache, config.json and tokenizer: generates text as it is.',
  checkpoint: 'The files, names, types and shards of the source, for transformers and PyTorch.',
}

export function FormatChoice({ value, onChange }: { value: ExportFormat; onChange: (next: ExportFormat) => void }) {
  return (
    <Radio.Group label="What is written" value={value} onChange={(next) => onChange(next)}>
      <div className={styles.choices}>
        {(Object.keys(formatNames) as ExportFormat[]).map((format) => (
          <Radio key={format} value={format} label={formatNames[format]} description={descriptions[format]} />
        ))}
      </div>
    </Radio.Group>
  )
}
