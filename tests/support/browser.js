// Lays out each page in a frame, at each width, light and dark, and measures it. All of it happens while this page
// loads, so that nothing has to be waited for.
"use strict";

const SLACK = 0.75; // px: letters may touch, not cover each other

const TEXT_PX_MIN = 9;

function overlap(a, b) {
  return Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
}

function said(element) {
  return JSON.stringify(element.textContent.trim().slice(0, 40));
}

function picture(svg, say) {
  const frame = svg.getBoundingClientRect();
  const boxes = (selector) => [...svg.querySelectorAll(selector)]
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 || box.height > 0)
    .sort((a, b) => a.box.top - b.box.top);
  const texts = boxes("text");
  for (const { element, box } of texts) {
    if (box.left < frame.left - SLACK || box.right > frame.right + SLACK || box.top < frame.top - SLACK || box.bottom > frame.bottom + SLACK) {
      say(`${said(element)} leaves its picture`);
    }
  }
  texts.forEach((one, at) => {
    for (let next = at + 1; next < texts.length && texts[next].box.top < one.box.bottom; next += 1) {
      if (overlap(one.box, texts[next].box) > SLACK) say(`${said(one.element)} and ${said(texts[next].element)} collide`);
    }
  });
  const shapes = boxes("rect, circle, path");
  for (const { element, box } of texts) {
    for (const shape of shapes) {
      if (shape.box.top > box.bottom) break;
      // The box of a line of letters is higher than what is drawn of most of them.
      if (overlap(box, shape.box) > 2.5) { say(`${said(element)} is covered by a ${shape.element.tagName}`); break; }
    }
  }
  for (const { element } of texts) {
    const px = parseFloat(getComputedStyle(element).fontSize) * element.getScreenCTM().a;
    if (px < TEXT_PX_MIN) { say(`${said(element)} has only ${px.toFixed(1)} px`); break; }
  }
  if (svg.getAttribute("role") === "img") {
    if (!svg.querySelector(":scope > title") || !svg.querySelector(":scope > desc")) say("a picture has no title or description");
  }
}

function numbers(color) {
  return (color.match(/[\d.]+/g) || []).map(Number);
}

function luminance(color) {
  const [r, g, b] = numbers(color).map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function background(element, win) {
  for (let at = element; at; at = at.parentElement) {
    const color = win.getComputedStyle(at).backgroundColor;
    if (numbers(color)[3] !== 0) return color;
  }
  return "rgb(255, 255, 255)";
}

function contrast(doc, win, say) {
  const seen = new Map();
  for (const element of doc.querySelectorAll("body *")) {
    const direct = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!direct || ["title", "desc", "STYLE", "SCRIPT"].includes(element.tagName)) continue;
    const style = win.getComputedStyle(element);
    const color = element.namespaceURI.endsWith("svg") ? style.fill : style.color;
    const key = `${color} on ${background(element, win)}`;
    if (!seen.has(key)) seen.set(key, element);
  }
  for (const [key, element] of seen) {
    const [a, b] = key.split(" on ").map(luminance).sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) say(`${said(element)}: ${key} cannot be read`);
  }
}

function measure(doc, win, say) {
  const room = doc.documentElement.clientWidth;
  if (doc.documentElement.scrollWidth > room) {
    const wide = [...doc.querySelectorAll("body *")].filter((element) => element.getBoundingClientRect().right > room + 1);
    say(`scrolls sideways: ${wide.slice(-1).map((element) => `${element.tagName} ${said(element)}`)}`);
  }
  for (const cell of doc.querySelectorAll("th, td, p, li, h1, h2, h3, dd, dt, summary")) {
    if (cell.scrollWidth > cell.clientWidth + 1 && cell.clientWidth > 0 && win.getComputedStyle(cell).display !== "inline") {
      say(`${said(cell)} is wider than its place`);
    }
  }
  doc.querySelectorAll("svg").forEach((svg) => { if (!svg.parentElement.closest("svg")) picture(svg, say); });
  const ids = [...doc.querySelectorAll("[id]")].map((element) => element.id);
  ids.filter((id, at) => ids.indexOf(id) !== at).forEach((id) => say(`the id ${id} is given twice`));
}

const found = [];
let looked = 0;
for (const [name, page] of DATA.pages) {
  for (const width of DATA.widths) {
    for (const scheme of ["light", "dark"]) {
      const frame = document.createElement("iframe");
      frame.style.cssText = `width: ${width}px; height: 900px; border: 0; color-scheme: ${scheme}`;
      document.body.append(frame);
      const doc = frame.contentDocument, win = frame.contentWindow;
      doc.open(); doc.write(page); doc.close();
      const place = `${name} at ${width} px, ${scheme}`;
      const say = (problem) => found.push(`${place}: ${problem}`);
      if (win.matchMedia("(prefers-color-scheme: dark)").matches !== (scheme === "dark")) say("the frame has another scheme");
      // Where things stand does not depend on colours.
      if (scheme === "light") {
        // Closed first: that is how a page is met.
        measure(doc, win, say);
        const closed = doc.querySelectorAll("details:not([open])");
        closed.forEach((details) => { details.open = true; });
        if (closed.length > 0) measure(doc, win, say);
      }
      contrast(doc, win, say);
      frame.remove();
      looked += 1;
    }
  }
}
document.body.innerHTML = "";
const answer = document.createElement("pre");
answer.id = "found";
answer.textContent = [`looked at ${looked}`, ...new Set(found)].join("\n");
document.body.append(answer);
