"""An ordinary Django shop's checkout, as a tutorial would write it."""
