"""The look of a run's page, light and dark, wide and narrow."""

STYLE = """
:root { color-scheme: light dark; --ink: #1d2127; --soft: #5b6470; --line: #dfe3e8; --back: #fff;
  --card: #f5f7f9; --word: #0b5cad; --string: #9a4a00; --number: #00694c; --good: #0072b2 }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e7eb; --soft: #9ba5b1; --line: #343b45;
  --back: #15181d; --card: #1e2229; --word: #7db8f0; --string: #f0a868; --number: #66cfae; --good: #6db6e8 } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 76rem;
  margin: 0 auto; padding: 1.5rem }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; overflow-wrap: anywhere }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--line) }
p { margin: .3rem 0 } .soft { color: var(--soft); overflow-wrap: anywhere }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0 }
.card { background: var(--card); border-radius: .5rem; padding: .6rem 1rem; min-width: 8rem }
.card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; color: var(--good) }
.card span { color: var(--soft); font-size: .85rem; display: block }
table { border-collapse: collapse; font-variant-numeric: tabular-nums }
th, td { text-align: left; vertical-align: top; padding: .25rem 1.2rem .25rem 0;
  border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--soft) } .number { text-align: right; white-space: nowrap }
.facts td:first-child { color: var(--soft); white-space: nowrap } .facts td { overflow-wrap: anywhere }
.scroll { overflow-x: auto; max-width: 100% }
pre { font: 13px/1.5 ui-monospace, monospace; background: var(--card); border-radius: .5rem;
  padding: .9rem 1rem; overflow-x: auto; tab-size: 4; margin: .5rem 0 }
.comment { color: var(--soft) } .string { color: var(--string) } .word { color: var(--word) }
.number { color: inherit } pre .number { color: var(--number) }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: 1rem }
figure { margin: 0; background: #fff; border: 1px solid var(--line); border-radius: .5rem; padding: .6rem;
  display: flex; align-items: center; justify-content: center }
figure.broad { grid-column: 1 / -1 }
img { max-width: 100%; height: auto; max-height: 44rem }
summary { cursor: pointer; color: var(--soft); margin: .4rem 0 }
@media (max-width: 40rem) { body { padding: 1rem .8rem } h1 { font-size: 1.3rem } }
"""
