import { MantineProvider } from '@mantine/core'
import { Notifications } from '@mantine/notifications'
import { useState } from 'react'
import { RpcProvider } from '../rpc/rpc-context.tsx'
import { CommandRegistry, CommandsContext } from './commands.ts'
import { FilePickerHost } from './FilePickerHost.tsx'
import { Handover, HandoverContext } from './handover.ts'
import { mantineTheme, mantineVariables } from './mantine-theme.ts'
import { Shell } from './Shell.tsx'
import { WindowState } from './WindowState.tsx'

/** The whole window. `nonce` lets Mantine's own style elements pass the content policy. */
export function App({ nonce }: { nonce: string }) {
  const [registry] = useState(() => new CommandRegistry())
  const [handover] = useState(() => new Handover())
  return (
    <MantineProvider
      theme={mantineTheme}
      cssVariablesResolver={mantineVariables}
      getStyleNonce={() => nonce}
      defaultColorScheme="auto"
      deduplicateCssVariables={false}
    >
      <RpcProvider>
        <CommandsContext value={registry}>
          <HandoverContext value={handover}>
            <WindowState>
              <FilePickerHost>
                <Shell />
              </FilePickerHost>
            </WindowState>
          </HandoverContext>
        </CommandsContext>
      </RpcProvider>
      <Notifications position="bottom-right" limit={3} transitionDuration={100} />
    </MantineProvider>
  )
}
