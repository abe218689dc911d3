/** The colours of the cards: those of Home Assistant's theme, and those with a meaning. */
import { css, type CSSResult, unsafeCSS } from "lit";

/** Return a colour that is mixed into the ground by a share. */
export const mix = (colour: string, share: string, ground = "var(--ground)"): CSSResult =>
	unsafeCSS(`color-mix(in srgb, var(--${colour}) ${share}, ${ground})`);

/**
 * The colours, for the host of a card; its parts inherit them. Blue is too low, amber and vermilion are too high: people
 * with colour blindness can distinguish these too. No colour stands alone: a warning is a tint with a frame and a sign, an
 * alarm is solid and hatched, with a double sign.
 */
export const theme = css`
	:host {
		--text: var(--primary-text-color);
		--faint: var(--secondary-text-color);
		--ground: var(--ha-card-background, var(--card-background-color));
		--rule: var(--divider-color);
		--accent: var(--primary-color);
		--good: #00795a;
		--high: #e69f00;
		--worse: #b8430a;
		--low: #3b8fd0;
		--lower: #005a94;
		--tint: 34%;
		--quiet: ${mix("text", "6%")};
		--warning: ${mix("high", "var(--tint)")};
		--marker: polygon(50% 6%, 100% 94%, 0 94%);
		--diamond: polygon(50% 0, 100% 50%, 50% 100%, 0 50%);
		display: block;
		color: var(--text);
		font-variant-numeric: tabular-nums;
	}
	:host([dark]) {
		--good: #3fc79a;
		--high: #f0b429;
		--worse: #cf4a17;
		--low: #6bb5ec;
		--lower: #1673b8;
		--tint: 30%;
		--quiet: ${mix("text", "9%")};
	}
`;

/** How a battery looks by its mark; within the limits by its place on the colour scale, if it has one. */
export const marks = css`
	[data-shade="high"] {
		--fill: color-mix(in srgb, ${mix("high", "42%", "var(--quiet)")} var(--shade), var(--quiet));
	}
	[data-shade="low"] {
		--fill: color-mix(in srgb, ${mix("low", "46%", "var(--quiet)")} var(--shade), var(--quiet));
	}
	.scale {
		flex: none;
		width: 120px;
		height: 14px;
		border-radius: 4px;
		background: linear-gradient(
			to right,
			${mix("low", "46%", "var(--quiet)")},
			var(--quiet),
			${mix("high", "42%", "var(--quiet)")}
		);
	}
	[data-mark="1"]:not([data-shade]) {
		--fill: ${mix("high", "14%", "var(--quiet)")};
	}
	[data-mark="-1"]:not([data-shade]) {
		--fill: ${mix("low", "14%", "var(--quiet)")};
	}
	[data-mark="2"] {
		--fill: var(--warning);
		--frame: var(--high);
		--sign: polygon(50% 10%, 100% 90%, 0 90%);
	}
	[data-mark="-2"] {
		--fill: ${mix("low", "var(--tint)")};
		--frame: var(--low);
		--sign: polygon(50% 90%, 100% 10%, 0 10%);
	}
	[data-mark="3"],
	[data-mark="-3"] {
		--fill: var(--frame);
		--ink: #fff;
		--hatch: #00000029;
	}
	[data-mark="3"] {
		--frame: var(--worse);
		--sign: polygon(50% 0, 100% 50%, 72% 50%, 100% 100%, 0 100%, 28% 50%, 0 50%);
	}
	[data-mark="-3"] {
		--frame: var(--lower);
		--sign: polygon(50% 100%, 100% 50%, 72% 50%, 100% 0, 0 0, 28% 50%, 0 50%);
	}
	[data-mark="offline"] {
		--fill: transparent;
		--frame: var(--faint);
		--ink: var(--faint);
		--hatch: ${mix("faint", "22%", "transparent")};
	}
	/* By alarm there is no too low and too high. */
	[data-plain] {
		[data-mark="2"] {
			--sign: var(--marker);
		}
		[data-mark="3"] {
			--sign: var(--diamond);
		}
	}
`;
