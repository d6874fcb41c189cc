document.title = 'SNIP Workbench'
