import { ipcRenderer, webUtils } from 'electron'

// The page gets no function of this file's: it posts a port to itself, and hears words of the menu and ids of drops.

const tell = (message: unknown) => postMessage(message, location.origin)

addEventListener('message', (event) => {
  if (event.source === window && event.data?.snip === 'port')
    ipcRenderer.postMessage('snip:port', null, [...event.ports])
})

ipcRenderer.on('snip:tell', (_event, message) => {
  const field = document.activeElement
  const [, way] = /^edit\.(undo|redo)$/.exec(message.id) ?? []
  // Inside a field undo is the field's own; a number slider and its like have none.
  if (way && field?.matches('textarea,input:not([type=range],[type=checkbox],[type=radio]),[contenteditable=true]')) {
    document.execCommand(way)
  } else tell(message)
})

addEventListener('dragover', (event) => event.preventDefault())
addEventListener('drop', (event) => {
  event.preventDefault()
  // Made-up files and made-up events have no path, so the page can name none.
  const paths = Array.from(event.dataTransfer?.files ?? [], (file) => webUtils.getPathForFile(file)).filter(Boolean)
  if (event.isTrusted && paths.length > 0) {
    void ipcRenderer.invoke('snip:drop', paths).then((id) => id && tell({ snip: 'drop', id }))
  }
})
