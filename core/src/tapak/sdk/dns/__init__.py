"""What providers of DNS share: values that parse, questions at name servers, verification, figures, settings.

Nothing else of the sdk imports it, so that plugins that know nothing of DNS don't load dnspython.
"""
