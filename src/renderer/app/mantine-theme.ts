import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

const indigo: MantineColorsTuple = [
  '#eeeefb',
  '#dcddf7',
  '#b7b9ee',
  '#9195e6',
  '#7277df',
  '#5f64db',
  '#5a5fd0',
  '#4d51c2',
  '#4549b8',
  '#3a3da2',
]

/** Mantine in the workbench's sizes: 13 px body, 28 px controls, square-ish corners, no long motion. */
export const mantineTheme = createTheme({
  colors: { indigo },
  primaryColor: 'indigo',
  primaryShade: { light: 8, dark: 6 },
  fontFamily: 'var(--font-sans)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: { xs: '11px', sm: '12px', md: '13px', lg: '15px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '18px', md: '20px', lg: '24px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  defaultRadius: '4px',
  headings: { fontFamily: 'var(--font-sans)', fontWeight: '600' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: {
      defaultProps: { size: 'xs' },
      vars: (_theme: unknown, { size }: { size?: unknown }) => ({
        root: String(size).startsWith('compact')
          ? { '--button-height': '24px', '--button-fz': '12px' }
          : { '--button-height': '28px', '--button-fz': '13px' },
      }),
      styles: { root: { fontWeight: 500 } },
    },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 28 } },
    TextInput: { defaultProps: { size: 'sm' } },
    NumberInput: { defaultProps: { size: 'sm' } },
    Textarea: { defaultProps: { size: 'sm' } },
    Select: {
      defaultProps: { size: 'sm', comboboxProps: { transitionProps: { duration: 0 } }, allowDeselect: false },
    },
    Checkbox: { defaultProps: { size: 'xs' } },
    Switch: { defaultProps: { size: 'xs' } },
    SegmentedControl: { defaultProps: { size: 'xs', transitionDuration: 100 } },
    Tooltip: {
      defaultProps: { openDelay: 300, transitionProps: { duration: 80 }, withArrow: false, multiline: true, maw: 320 },
    },
    Modal: {
      defaultProps: {
        transitionProps: { duration: 100 },
        overlayProps: { backgroundOpacity: 0.35 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    // A header of its own would be a second banner of the page.
    ModalHeader: { defaultProps: { role: 'presentation' } },
    Popover: { defaultProps: { transitionProps: { duration: 80 } } },
    Menu: { defaultProps: { transitionProps: { duration: 80 } } },
  },
})

const shared = {
  '--mantine-color-body': 'var(--bg)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--ink-3)',
  '--mantine-color-anchor': 'var(--accent-ink)',
  '--mantine-color-default': 'var(--bg-field)',
  '--mantine-color-default-hover': 'var(--bg-hover)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line-strong)',
  '--mantine-color-placeholder': 'var(--ink-3)',
  '--mantine-color-error': 'var(--fail-ink)',
  '--mantine-color-disabled-color': 'var(--ink-3)',
}

/** Points Mantine's own colours at those of theme.css. */
export const mantineVariables: CSSVariablesResolver = () => ({ variables: {}, light: shared, dark: shared })
