"""The names of the cards in the card picker, before another user or language was used in the same house."""

from simulator.house import USER, House
from simulator.screen import Screen


async def test_the_cards_have_names_in_the_language_of_the_user(screen: Screen, house: House) -> None:
    async with screen.page("/", user=USER) as page:
        await page.evaluate("localStorage.setItem('selectedLanguage', '\"de\"')")
        await page.goto(f"{house.url}/profile/general")
        found = "window.customCards?.some(({ name }) => name === 'Batterieanlage: Alarme')"
        await page.wait_for_function(found, timeout=60_000)
