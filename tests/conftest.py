"""What all tests share."""

import hypothesis

# A machine that also runs engines is slow at times; that is no failure of what is tested.
hypothesis.settings.register_profile("pipectl", deadline=None)
hypothesis.settings.load_profile("pipectl")
