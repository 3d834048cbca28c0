/**
 * What can be measured of a page as it is shown: the contrast of its texts, what sticks out of it, and what
 * assistive programs are told. The first two are executed in the page.
 */
import type { Page } from "playwright-core"

/** Of the page. The functions that use them are sent there as text. */
declare const document: any
declare const NodeFilter: any
declare const getComputedStyle: (element: any, pseudo?: string) => any

export interface FaintText {
  readonly text: string
  readonly ratio: number
}

/**
 * Texts with less contrast than WCAG AA asks of text of any size, 4.5. What is disabled is exempt. Colours are
 * composed over what lies behind them, with the opacity of every element around.
 */
export const faintTexts = (page: Page): Promise<ReadonlyArray<FaintText>> =>
  page.evaluate(() => {
    type Colour = readonly [number, number, number, number]
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
    const read = new Map<string, Colour>()
    // A canvas understands each notation that a computed style may have.
    const colourOf = (text: string): Colour => {
      const known = read.get(text)
      if (known !== undefined) return known
      pen.clearRect(0, 0, 1, 1)
      pen.fillStyle = text
      pen.fillRect(0, 0, 1, 1)
      const [red, green, blue, alpha] = pen.getImageData(0, 0, 1, 1).data
      const colour: Colour = [red, green, blue, alpha / 255]
      read.set(text, colour)
      return colour
    }
    const over = (above: Colour, below: Colour): Colour => {
      const mix = (index: 0 | 1 | 2) => above[index] * above[3] + below[index] * (1 - above[3])
      return [mix(0), mix(1), mix(2), 1]
    }
    const luminance = (colour: Colour) => {
      const part = (value: number) => (value <= 10.3 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4)
      return 0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2])
    }
    const canvas: Colour = getComputedStyle(document.documentElement).colorScheme.includes("dark")
      ? colourOf("Canvas")
      : [255, 255, 255, 1]
    const behind = (element: any): Colour => {
      if (element === null) return canvas
      return over(colourOf(getComputedStyle(element).backgroundColor), behind(element.parentElement))
    }
    const opacityOf = (element: any): number =>
      element === null ? 1 : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement)

    const found: Array<{ text: string; ratio: number }> = []
    const judge = (element: any, text: string, foreground: string) => {
      const back = behind(element)
      const [red, green, blue, alpha] = colourOf(foreground)
      const front = over([red, green, blue, alpha * opacityOf(element)], back)
      const [dark, light] = [luminance(front), luminance(back)].sort((a, b) => a - b) as [number, number]
      const ratio = Math.round(((light + 0.05) / (dark + 0.05)) * 100) / 100
      if (ratio < 4.5) found.push({ text: text.slice(0, 60), ratio })
    }
    const isExempt = (element: any) =>
      !element.checkVisibility({ visibilityProperty: true }) || element.closest(":disabled, script, style, noscript")
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (texts.nextNode()) {
      const { parentElement: element, textContent } = texts.currentNode
      const text = textContent.trim()
      if (text === "" || isExempt(element)) continue
      const style = getComputedStyle(element)
      judge(element, text, element.namespaceURI.endsWith("svg") ? style.fill : style.color)
    }
    for (const input of document.querySelectorAll("input[placeholder]")) {
      if (isExempt(input)) continue
      judge(input, input.placeholder, getComputedStyle(input, "::placeholder").color)
    }
    return found
  })

/** How much wider the page is than its window, in pixels: nobody should have to scroll to the side. */
export const overhang = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

const controls = new Set([
  "button",
  "textbox",
  "searchbox",
  "combobox",
  "checkbox",
  "link",
  "option",
  "progressbar",
  "log",
  "dialog"
])

/** Controls without a name, and headings that skip a level, as Chromium's own tree for assistive programs has them. */
export const unnamed = async (page: Page): Promise<ReadonlyArray<string>> => {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send("Accessibility.getFullAXTree")
  await session.detach()
  const shown = nodes.filter(({ ignored }) => !ignored)
  const nameless = shown
    .filter(({ name, role }) => controls.has(role?.value) && !name?.value?.trim())
    .map(({ role }) => `a ${role?.value} without a name`)
  // In the order of the document, which that tree does not have.
  const levels = await page
    .getByRole("heading")
    .evaluateAll((headings) => headings.map((heading: any) => Number(heading.tagName.slice(1))))
  const skipped = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)
  return [...nameless, ...skipped.map((level) => `a heading of level ${level} that skips one`)]
}
